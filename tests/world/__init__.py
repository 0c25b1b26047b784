"""A whole photo booth in one process: the real functions, the local stack's engines, one virtual clock, no sockets."""

from tests.world.ports import EngineObjects, EngineQueue, EngineTasks, NeverLeft
from tests.world.wire import ALWAYS, Killed, Wire
from tests.world.world import World, jpeg

__all__ = ["ALWAYS", "EngineObjects", "EngineQueue", "EngineTasks", "Killed", "NeverLeft", "Wire", "World", "jpeg"]
