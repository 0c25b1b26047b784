"""What can happen to a booth, one function each. `MINUTES` is how long it is watched before all faults are healed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from local.dashscope.limits import Settings as VendorSettings
from local.dashscope.tasks import ApiKey
from local.mns.records import Draft
from shared import keys
from shared.errors import BadResult
from tests.simulation.faults import Plan
from tests.simulation.stage import POLICY, Stage
from tests.world.ports import EngineTasks
from tests.world.wire import ALWAYS
from tests.world.world import QUEUE, jpeg

HOUR = 3600.0


@dataclass(frozen=True)
class Scenario:
    """A story, and how long it is watched."""

    tell: Callable[[Stage], None]
    minutes: int = 12
    make: Callable[[Plan], Stage] = Stage
    is_patient: bool = False
    """Watched to the last minute, even when nothing seems to happen."""
    is_long: bool = False
    """Hours of virtual time: only single faults, and a sample of them."""

    @property
    def name(self) -> str:
        """As the command line knows it."""
        return self.tell.__name__


def one_photo(s: Stage) -> None:
    s.at(1, lambda: s.upload("a.jpg"))


def duplicate_event(s: Stage) -> None:
    s.at(1, lambda: s.upload("a.jpg"))
    for second in (1.5, 30, 200):
        s.at(second, lambda: s.hear("a.jpg"))


def lost_event(s: Stage) -> None:
    s.at(61, lambda: s.upload("a.jpg", heard=False))


def reordered_events(s: Stage) -> None:
    s.at(1, lambda: s.upload("a.jpg", "red", heard=False))
    s.at(2, lambda: s.upload("b.jpg", "green", heard=False))
    s.at(3, lambda: s.hear("b.jpg"))
    s.at(4, lambda: s.hear("a.jpg"))


def overwritten(s: Stage) -> None:
    s.at(1, lambda: s.upload("a.jpg", "red"))
    s.at(2.5, lambda: s.upload("a.jpg", "green"))


def there_and_back(s: Stage) -> None:
    for second, color in ((1, "red"), (3, "green"), (40, "red")):
        s.at(second, partial(s.upload, "a.jpg", color))


def deleted_before_its_turn(s: Stage) -> None:
    s.at(1, lambda: s.upload("a.jpg", "red"))
    s.at(2, lambda: s.upload("b.jpg", "green"))
    s.at(2.5, lambda: s.bucket.delete("photos/b.jpg"))


def same_bytes_again(s: Stage) -> None:
    for second in (1, 20, 200):
        s.at(second, lambda: s.upload("a.jpg"))


def template_late_and_replaced(s: Stage) -> None:
    s.bucket.delete("templates/default.png")
    s.at(1, lambda: s.upload("a.jpg"))
    s.at(70, lambda: s.bucket.write("templates/default.png", jpeg(512, 512, "blue")))
    s.at(300, lambda: s.bucket.write("templates/default.png", jpeg(512, 512, "pink")))
    s.at(310, lambda: s.upload("a.jpg"))  # dropped anew: the template has changed since


def three_at_once(s: Stage) -> None:
    for name, color in (("a.jpg", "red"), ("b.jpg", "green"), ("c.jpg", "blue")):
        s.at(1, partial(s.upload, name, color))


def poisoned_message(s: Stage) -> None:
    s.at(1, lambda: s.upload("a.jpg"))
    s.at(1.5, partial(_send, s, "not ours, and not JSON <>"))


def failing_task(s: Stage, code: str = "InternalError.Algo") -> None:
    s.next_task(code=code)
    s.at(1, lambda: s.upload("a.jpg"))


def refused_face(s: Stage) -> None:
    s.next_task(code="InvalidFace", times=9)
    s.at(1, lambda: s.upload("a.jpg"))


def no_picture(s: Stage) -> None:
    s.at(1, lambda: s.junk("a.jpg"))


def slow_task(s: Stage) -> None:
    s.next_task(seconds=3 * HOUR)
    s.at(1, lambda: s.upload("a.jpg"))


def outage_of_oss(s: Stage) -> None:
    s.out("objects.*", 1.5, 240)
    s.at(1, lambda: s.upload("a.jpg"))
    s.at(30, lambda: s.upload("b.jpg", "red"))


def outage_of_mns(s: Stage) -> None:
    s.out("queue.*", 0, 240)
    s.at(1, lambda: s.upload("a.jpg"))


def outage_of_dashscope(s: Stage) -> None:
    s.out("tasks.*", 0, 90)
    s.at(1, lambda: s.upload("a.jpg"))


def dashscope_away_for_26_hours(s: Stage) -> None:
    s.at(1, lambda: s.upload("a.jpg"))
    s.out("tasks.*", 1.5, 26 * HOUR)


def slot_taken_by_a_stranger(s: Stage) -> None:
    s.at(0.5, lambda: s.other_program(20))
    s.at(1, lambda: s.upload("a.jpg"))


def lagging_task_list(s: Stage) -> None:
    s.at(1, lambda: s.upload("a.jpg"))


def task_list_down(s: Stage) -> None:
    s.out("tasks.list", 0, 600)
    s.at(1, lambda: s.upload("a.jpg"))


def strangers_tasks(s: Stage) -> None:
    for second in (0.2, 2, 5):
        s.at(second, lambda: s.other_program(1))
    s.at(1, lambda: s.upload("a.jpg"))


def quota_used_up(s: Stage) -> None:
    s.at(1, lambda: s.upload("a.jpg", "red"))
    s.at(2, lambda: s.upload("b.jpg", "green"))


def rotated_api_key(s: Stage) -> None:
    def rotate() -> None:
        new = ApiKey("sk-new", "100002")
        s.vendor._keys = {new.secret: new}  # the vendor forgets the old key
        s.booth = replace(s.booth, tasks=EngineTasks(s.vendor, new, s.wire), key_id=new.id, key_print="new")

    s.at(1, lambda: s.upload("a.jpg", "red"))
    s.at(1.2, rotate)
    s.at(2, lambda: s.upload("b.jpg", "green"))


def two_pollers(s: Stage) -> None:
    s.at(1, lambda: s.upload("a.jpg", "red"))
    s.at(1.1, lambda: s.upload("b.jpg", "green"))
    for second in (2, 4, 7, 9):
        s.at(second, s.poll_once)


def daily_budget(s: Stage) -> None:
    for name, color in (("a.jpg", "red"), ("b.jpg", "green"), ("c.jpg", "blue")):
        s.at(1, partial(s.upload, name, color))


def paused_and_resumed(s: Stage) -> None:
    hold = f"{keys.HELD}paused/Paused"
    s.at(0, lambda: s.bucket.write(hold, b""))
    s.at(1, lambda: s.upload("a.jpg"))
    s.at(150, lambda: s.bucket.delete(hold))


def overwritten_by_junk(s: Stage) -> None:
    s.at(1, lambda: s.upload("a.jpg"))
    s.at(1.2, lambda: s.junk("a.jpg"))


def odd_names(s: Stage) -> None:
    for name, color in (("a%20b+c.jpg", "red"), ("照片 1.jpg", "green"), ("👩\u200d🚀.jpg", "blue")):
        s.at(1, partial(s.upload, name, color))


def unknown_at_first(s: Stage) -> None:
    s.blind(0, 300)
    s.at(1, lambda: s.upload("a.jpg"))


def link_refused_until_the_deadline(s: Stage) -> None:
    s.at(1, lambda: s.upload("a.jpg"))
    s.wire.cut("tasks.fetch*", BadResult("BadResultLink", "not a host we trust"), times=ALWAYS)


def _send(s: Stage, body: str) -> None:
    s.mns.send(QUEUE, Draft(body=body))


def _refusing(plan: Plan) -> Stage:
    return Stage(plan, vendor=VendorSettings(policy="refuse"))


def _lagging(plan: Plan) -> Stage:
    return Stage(plan, vendor=VendorSettings(list_lag=90))


def _poor(plan: Plan) -> Stage:
    return Stage(plan, vendor=VendorSettings(quota=1))


def _thrifty(plan: Plan) -> Stage:
    return Stage(plan, policy=replace(POLICY, max_images_per_day=2))


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(one_photo),
        Scenario(duplicate_event),
        Scenario(lost_event, 16, is_patient=True),
        Scenario(reordered_events),
        Scenario(overwritten),
        Scenario(there_and_back),
        Scenario(deleted_before_its_turn),
        Scenario(same_bytes_again),
        Scenario(template_late_and_replaced),
        Scenario(three_at_once),
        Scenario(poisoned_message),
        Scenario(failing_task),
        Scenario(refused_face),
        Scenario(no_picture),
        Scenario(slow_task, 190, is_long=True),
        Scenario(outage_of_oss),
        Scenario(outage_of_mns),
        Scenario(outage_of_dashscope),
        Scenario(dashscope_away_for_26_hours, 27 * 60, is_long=True),
        Scenario(slot_taken_by_a_stranger, make=_refusing),
        Scenario(lagging_task_list, make=_lagging),
        Scenario(task_list_down, 24),
        Scenario(strangers_tasks),
        Scenario(quota_used_up, 40, make=_poor),
        Scenario(rotated_api_key),
        Scenario(two_pollers),
        Scenario(daily_budget, 24, make=_thrifty),
        Scenario(paused_and_resumed),
        Scenario(overwritten_by_junk),
        Scenario(odd_names),
        Scenario(unknown_at_first),
        Scenario(link_refused_until_the_deadline, 25 * 60, is_long=True),
    )
}
