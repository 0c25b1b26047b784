"""A whole photo booth in one process: the real functions on the local stack's engines, one virtual clock, no sockets."""

from tests.world.ports import EngineObjects, EngineQueue, EngineTasks
from tests.world.world import World, jpeg

__all__ = ["EngineObjects", "EngineQueue", "EngineTasks", "World", "jpeg"]
