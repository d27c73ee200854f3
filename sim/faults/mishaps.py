"""How each kind of fault happens in the world: it waits for its moment, acts, and passes.

Each is a generator that is resumed once in every control step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import pybullet as p

from warewheel.configs.schema import FaultKind
from warewheel.sim.bodies.body import SimBody
from warewheel.sim.carton import CartonBody
from warewheel.sim.conveyor import ConveyorBody
from warewheel.sim.inbound import Inbound
from warewheel.sim.rest import Rest
from warewheel.sim.values import Action, ItemState, Observation

from .schedule import Fault, Fired
from .sensors import Sensors

Mishap = Iterator[None]
Point = tuple[float, float]

# An item counts as lifted between these heights over where it was gripped [m].
_LIFTED = (0.02, 0.10)
# Nothing is pushed while the tool is nearer than this [m].
_AWAY = 0.25
# A hand that was not closed for so long is empty [control steps].
_IDLE = 15
# Speed at which a carton is pushed [m/s].
_LEAN = 0.08
# Longest push of a carton or an item [control steps].
_LONGEST = 40
# Cosines between a pushed item's upright axis and the vertical: past its balance, and lying.
_TOPPLES, _LYING = math.cos(math.radians(40)), math.cos(math.radians(60))
# Torque that shuts a jammed flap again [N m].
_SPRING = 0.15


class Mishaps:
    """The faults of one episode at work.

    Args:
        client: PyBullet client id.
        body: The robot.
        conveyor: The belt.
        inbound: The dock's controller.
        sensors: What delivers views.
        items: PyBullet ids by item name; grows as cartons arrive.
        rest: Who sleeps.
        table: Middle and size of the work table in the floor's plane [m].
        faults: The schedule.
        period: Control period [s].
    """

    def __init__(
        self, client: int, body: SimBody, conveyor: ConveyorBody, inbound: Inbound,
        sensors: Sensors, items: dict[str, int], rest: Rest, table: tuple[Point, Point],
        faults: tuple[Fault, ...], period: float,
    ) -> None:  # fmt: skip
        self.client, self.body, self.conveyor = client, body, conveyor
        self.inbound, self.sensors, self.items = inbound, sensors, items
        self.rest, self.table = rest, table
        self._period = period
        self.fired: list[Fired] = []
        self.force: Callable[[], None] | None = None
        self.now: Observation
        self._grips: dict[str, float] = {}
        self.lifts: list[str] = []
        self._risen = ""
        self.idle = 0
        self._running = [_KINDS[fault.kind](self, fault) for fault in faults]

    def step(self, last: Observation, action: Action) -> None:
        """Let every fault act on the control step that begins."""
        if not self._running:
            return
        self.now = last
        self._track(action)
        self.force = None
        self._running = [fault for fault in self._running if next(fault, self) is not self]

    def push(self) -> None:
        """Renew the force that acts now; needed before every physics step."""
        if self.force is not None:
            self.force()

    def fire(self, fault: Fault, target: str = "", step: int | None = None) -> None:
        """Note that a fault happens now, or has from an earlier ``step`` on."""
        step = self.now.step if step is None else step
        self.fired.append(Fired(fault.kind, step, target or fault.target, fault.recoverable))

    def steps(self, seconds: float) -> Iterator[int]:
        """Count the control steps of a time span."""
        k = 0
        while k * self._period < seconds:
            yield k
            k += 1

    def _track(self, action: Action) -> None:
        """Keep count of the items that the hand lifts."""
        closing = max(action.grips) > 0.5
        self.idle = 0 if closing else self.idle + 1
        near = min(self.now.scene.items, key=self._gap, default=None)
        if not closing or near is None:
            self._grips.clear()
            self._risen = ""
            return
        z = near.pose.position[2]
        rest = self._grips.setdefault(near.name, z)
        if self._risen != near.name and _LIFTED[0] < z - rest < _LIFTED[1]:
            self._risen = near.name
            self.lifts.append(near.name)

    def _gap(self, item: ItemState) -> float:
        return math.dist(item.pose.position, self.now.body.tool.position)

    def lifted(self, nth: int) -> bool:
        """Tell whether the n-th lift (from 0) has just come about."""
        return len(self.lifts) > nth and self._risen == self.lifts[-1]

    def away(self, point: tuple[float, ...]) -> bool:
        """Tell whether the tool is far from a point in the floor's plane."""
        return math.dist(point[:2], self.now.body.tool.position[:2]) > _AWAY


def _at_a_lift(cell: Mishaps, fault: Fault) -> Mishap:
    """Wait until the hand has just lifted the item that the fault is for."""
    while not cell.lifted(fault.after):
        yield
    cell.fire(fault, cell.lifts[-1])


def _grip_slip(cell: Mishaps, fault: Fault) -> Mishap:
    """The effector loses its force for a while: worn pads, a leaking cup."""
    yield from _at_a_lift(cell, fault)
    effector = cell.body.effectors[0]
    for _ in cell.steps(fault.seconds):
        effector.strength = 0.0
        yield
    effector.strength = 1.0


def _item_dropped(cell: Mishaps, fault: Fault) -> Mishap:
    """The effector lets go against its command."""
    yield from _at_a_lift(cell, fault)
    effector = cell.body.effectors[0]
    for _ in cell.steps(fault.seconds):
        effector.override = 0.0
        yield
    effector.override = None


def _jammed_flap(cell: Mishaps, fault: Fault) -> Mishap:
    """A stiff hinge shuts a flap that was opened."""
    flap = int(fault.way)
    fired = False
    while True:
        while (carton := _docked(cell, fault)) is None or carton.flaps()[flap] < 2.3:
            yield
        if not fired:
            cell.fire(fault, carton.name)
            fired = True
        for _ in cell.steps(6.0):
            cell.rest.wake(carton.id)
            carton.spring(flap, _SPRING)
            if carton.flaps()[flap] < 0.15:
                break
            yield
        carton.drive()
        if math.isfinite(fault.seconds):
            return


def _docked(cell: Mishaps, fault: Fault) -> CartonBody | None:
    """Return the n-th carton while it is at the dock."""
    inbound = cell.inbound
    return inbound.carton if inbound.docked and inbound.arrived - 1 == fault.after else None


def _carton_bumped(cell: Mishaps, fault: Fault) -> Mishap:
    """Something pushes the carton at the dock while the arm is away."""
    while True:
        carton = cell.inbound.carton
        open_ = carton is not None and cell.inbound.docked and min(carton.flaps()) > 2.0
        if carton and open_ and len(cell.lifts) > fault.after and cell.away(carton.pose().position):
            break
        yield
    start = carton.pose().position
    # Enough to overcome the belt's friction under the carton and all that it holds.
    loads = [carton.id, *(cell.items[i.name] for i in cell.now.scene.items)]
    inside = [b for b in loads if _over(cell, b, start)]
    weight = 9.81 * sum(_mass(cell.client, body) for body in inside)
    force = 1.3 * weight
    side = (force * math.cos(fault.way), force * math.sin(fault.way), 0.0)

    def push() -> None:
        at = carton.pose().position
        # Leaned on, not kicked: what stands in it stays upright.
        if math.hypot(*p.getBaseVelocity(carton.id, physicsClientId=cell.client)[0][:2]) > _LEAN:
            return
        p.applyExternalForce(
            carton.id, -1, side, (at[0], at[1], at[2] + 0.05), p.WORLD_FRAME,
            physicsClientId=cell.client,
        )  # fmt: skip

    cell.fire(fault, carton.name)
    for _ in range(_LONGEST):
        if math.dist(carton.pose().position, start) > fault.size:
            break
        for body in inside:
            cell.rest.wake(body)
        cell.force = push
        yield


def _over(cell: Mishaps, body: int, start: tuple[float, ...]) -> bool:
    at, _ = p.getBasePositionAndOrientation(body, physicsClientId=cell.client)
    return math.dist(at[:2], start[:2]) < 0.25


def _mass(client: int, body: int) -> float:
    links = range(-1, p.getNumJoints(body, physicsClientId=client))
    return float(sum(p.getDynamicsInfo(body, k, physicsClientId=client)[0] for k in links))


def _item_tipped(cell: Mishaps, fault: Fault) -> Mishap:
    """Something knocks over an item that stands by itself."""
    while True:
        item = next((i for i in cell.now.scene.items if i.name == fault.target), None)
        still = item is not None and item.speed < 0.01 and cell.now.step >= fault.after
        if item and still and cell.away(item.pose.position) and _free(cell, item):
            way = _room(cell, item)
            if way is not None:
                break
        yield
    body = cell.items[item.name]
    # Enough to turn it over its edge, at its top.
    force = 0.8 * 9.81 * _mass(cell.client, body) * item.size[0] / item.size[2]
    side = (force * math.cos(way), force * math.sin(way), 0.0)
    began = cell.now.step

    def push() -> None:
        at, turn = p.getBasePositionAndOrientation(body, physicsClientId=cell.client)
        top, _ = p.multiplyTransforms(at, turn, (0, 0, item.size[2] * 0.45), (0, 0, 0, 1))
        p.applyExternalForce(body, -1, side, top, p.WORLD_FRAME, physicsClientId=cell.client)

    for _ in range(_LONGEST):
        _, turn = p.getBasePositionAndOrientation(body, physicsClientId=cell.client)
        up = p.getMatrixFromQuaternion(turn)[8]
        if up < _LYING:
            cell.fire(fault, step=began)
            return
        cell.rest.wake(body)
        if up > _TOPPLES:
            cell.force = push
        yield


def _room(cell: Mishaps, item: ItemState) -> float | None:
    """Return a way along the item's x axis in which nothing stands that it would fall on.

    Lying that way its y side, which jaws are wide enough for, stays level.
    """
    x, y, z, w = item.pose.orientation
    along = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
    reach = item.size[2] + 0.04
    for way in (along, along + math.pi):
        ahead = (math.cos(way), math.sin(way))
        spots = [
            tuple(a + f * d for a, d in zip(item.pose.position[:2], ahead, strict=True))
            for f in (0.5 * reach, reach)
        ]
        others = [i.pose.position[:2] for i in cell.now.scene.items if i.name != item.name]
        on = all(abs(a - c) < s / 2 - 0.02 for a, c, s in zip(spots[1], *cell.table, strict=True))
        if on and all(math.dist(spot, other) > 0.07 for spot in spots for other in others):
            return way
    return None


def _free(cell: Mishaps, item: ItemState) -> bool:
    """Tell whether the item stands outside any carton."""
    carton = cell.now.scene.carton
    return carton is None or math.dist(carton.pose.position[:2], item.pose.position[:2]) > 0.4


def _conveyor_stops(cell: Mishaps, fault: Fault) -> Mishap:
    """The belt's drive fails while a carton rides in."""
    while True:
        carton, inbound = cell.inbound.carton, cell.inbound
        if carton and inbound.arrived - 1 == fault.after and cell.conveyor.speed > 0.15:
            break
        yield
    cell.fire(fault, carton.name)
    for _ in cell.steps(fault.seconds):
        cell.conveyor.stalled = True
        yield
    cell.conveyor.stalled = False


def _from_the_start(cell: Mishaps, fault: Fault) -> Mishap:
    """A label, or the carton's content, was wrong before the episode began."""
    cell.fire(fault)
    yield from ()


def _camera_dropout(cell: Mishaps, fault: Fault) -> Mishap:
    yield from _later(cell, fault)
    for _ in cell.steps(fault.seconds):
        cell.sensors.frozen = True
        yield
    cell.sensors.frozen = False


def _sensor_noise(cell: Mishaps, fault: Fault) -> Mishap:
    yield from _later(cell, fault)
    for _ in cell.steps(fault.seconds):
        cell.sensors.noise = fault.size
        yield
    cell.sensors.noise = 0.0


def _sensor_latency(cell: Mishaps, fault: Fault) -> Mishap:
    yield from _later(cell, fault)
    for _ in cell.steps(fault.seconds):
        cell.sensors.lag = round(fault.size)
        yield
    cell.sensors.lag = 0


def _later(cell: Mishaps, fault: Fault) -> Mishap:
    while cell.now.step < fault.after:
        yield
    cell.fire(fault)


def _arm_pushed(cell: Mishaps, fault: Fault) -> Mishap:
    """Somebody leans on the forearm while it moves freely."""
    while cell.now.step < fault.after or not _swinging(cell):
        yield
    cell.fire(fault)
    link = cell.body.forearm
    side = (fault.size * math.cos(fault.way), fault.size * math.sin(fault.way), 0.0)

    def push() -> None:
        at = p.getLinkState(cell.body.id, link, physicsClientId=cell.client)[0]
        p.applyExternalForce(
            cell.body.id, link, side, at, p.WORLD_FRAME, physicsClientId=cell.client
        )

    for _ in cell.steps(fault.seconds):
        cell.force = push
        yield


def _swinging(cell: Mishaps) -> bool:
    """Tell whether the arm moves high over everything with an empty hand."""
    body = cell.now.body
    fast = float(abs(body.velocities).max()) > 0.3
    return fast and cell.idle > _IDLE and body.tool.position[2] > 0.85


_KINDS: dict[FaultKind, Callable[[Mishaps, Fault], Mishap]] = {
    "grip_slip": _grip_slip,
    "item_dropped": _item_dropped,
    "jammed_flap": _jammed_flap,
    "carton_bumped": _carton_bumped,
    "item_tipped": _item_tipped,
    "conveyor_stops": _conveyor_stops,
    "label_unreadable": _from_the_start,
    "label_wrong": _from_the_start,
    "item_missing": _from_the_start,
    "item_extra": _from_the_start,
    "camera_dropout": _camera_dropout,
    "sensor_noise": _sensor_noise,
    "sensor_latency": _sensor_latency,
    "arm_pushed": _arm_pushed,
}
