"""The world: one PyBullet client, its bodies, and the clock that moves them."""

from __future__ import annotations

import hashlib
import os
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pybullet as p

from warewheel.configs.schema import Unit

from .assets import station_urdf
from .bodies.body import make_body
from .carton import CartonBody
from .conveyor import ConveyorBody
from .errors import DeviceError, SimError
from .eye import Eye
from .faults.mishaps import Mishaps
from .faults.schedule import Fired
from .faults.sensors import Sensors
from .inbound import Inbound
from .items import spawn
from .rest import Rest
from .scanner import ScannerBody
from .spec import Placement, WorldSpec
from .stations import stations
from .values import Action, ItemState, Observation, Pose, Proprioception, Read, Scene, Vec3, View

PHYSICS_HZ = 200
CONTROL_HZ = 20
SUBSTEPS = PHYSICS_HZ // CONTROL_HZ
PERIOD = 1.0 / CONTROL_HZ
# Iterations of the solver; and while more bodies than this touch one another with a carton.
_ITERATIONS, _CROWD, _MORE = 30, 5, 40


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A moment to come back to.

    ``history`` are the actions that led to it from the build, which bring it back exactly;
    ``state`` is PyBullet's own memory of it, with what that leaves out in ``memories``.
    """

    owner: int
    build: int
    history: tuple[Action, ...]
    digest: Any
    state: int
    generation: int
    cast: tuple[int, bool]
    memories: tuple[Any, ...]


def has_display() -> bool:
    """Tell whether this machine can show a window."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY"))


class World:
    """A warehouse cell that is rebuilt from a spec and moves one control step at a time.

    Args:
        gui: Show PyBullet's own window; needs a display.
    """

    def __init__(self, gui: bool = False) -> None:
        self._gui = gui
        if gui and not has_display():
            # PyBullet would end the whole process.
            raise DeviceError("there is no display for a window; use render_mode='rgb_array'")
        self._client = p.connect(p.GUI if gui else p.DIRECT)
        if self._client < 0:
            raise DeviceError("PyBullet could not start")
        self._build = self._generation = 0

    @property
    def client(self) -> int:
        """PyBullet client id, for cameras."""
        return int(self._client)

    def build(self, spec: WorldSpec) -> Observation:
        """Build the world of ``spec`` from nothing and return its first observation."""
        self._require_open()
        self._build += 1
        return self._construct(spec)

    def _construct(self, spec: WorldSpec) -> Observation:
        c = self._client
        self._generation += 1
        self._iterations = 0
        p.resetSimulation(p.RESET_USE_SIMPLE_BROADPHASE, physicsClientId=c)
        p.setPhysicsEngineParameter(
            fixedTimeStep=1.0 / PHYSICS_HZ,
            # See `_effort`; a larger residual ends the work as early as too few iterations do.
            # Without the cone the solver leaves out the pads' resistance to twisting.
            solverResidualThreshold=1e-9, enableConeFriction=1,
            # Faces are clipped against faces. The default search mistakes the side that a jaw
            # touches a can from, and then the jaw cannot let go.
            enableSAT=1,
            deterministicOverlappingPairs=1, enableFileCaching=1, physicsClientId=c,
        )  # fmt: skip
        p.setGravity(0, 0, -9.81, physicsClientId=c)
        self.spec = spec
        self._history: list[Action] = []
        self._digest = hashlib.sha256()
        floor = p.createCollisionShape(p.GEOM_PLANE, physicsClientId=c)
        self.floor = p.createMultiBody(0, floor, physicsClientId=c)
        # What falls off comes to rest where it fell.
        p.changeDynamics(self.floor, -1, rollingFriction=0.01, physicsClientId=c)
        if not self._gui:
            # `camera.take` draws the floor at a fraction of the renderer's cost.
            p.changeVisualShape(self.floor, -1, rgbaColor=(1, 1, 1, 0), physicsClientId=c)
        self.stations = {
            name: p.loadURDF(
                station_urdf(name, blocks), useFixedBase=True,
                flags=p.URDF_INITIALIZE_SAT_FEATURES, physicsClientId=c,
            )
            for name, blocks in stations(spec.facility, spec.body).items()
        }  # fmt: skip
        friction = spec.facility.surroundings.friction
        for station in self.stations.values():
            p.changeDynamics(
                station, -1, lateralFriction=0.8 * friction.stations, physicsClientId=c
            )
        self.conveyor = ConveyorBody(c, spec.facility)
        self.body = make_body(c, spec.body, PERIOD, SUBSTEPS)
        self._rest = Rest(c)
        self.inbound = Inbound(
            c, self.conveyor, self._rest, spec.parcels, spec.facility.conveyor.dock
        )
        self.scanner = ScannerBody(c, spec.facility.scanner)
        self.sensors = Sensors(spec.seed)
        self.items: dict[str, int] = {}
        self._states: dict[str, ItemState] = {}
        self._units = {place.name: place.unit for place in spec.placements}
        self._manifests = tuple(parcel.manifest for parcel in spec.parcels)
        self._spawn(spec.loose)
        if spec.read:
            self.scanner.know_all()
        self._admit()
        table = spec.facility.table
        self._mishaps = Mishaps(
            c, self.body, self.conveyor, self.inbound, self.sensors, self.items, self._rest,
            (table.centre[:2], table.size), spec.faults, PERIOD,
        )  # fmt: skip
        self._last = self.observe()
        return self._last

    def _spawn(self, placements: Sequence[Placement]) -> None:
        friction = self.spec.facility.surroundings.friction.goods
        for place in placements:
            body = spawn(self._client, place.unit, place.pose, friction)
            self.items[place.name] = body
            self._rest.add(body)
            if place.label is not None:
                self.scanner.print(body, _text(place.name, place.label))

    def _admit(self) -> None:
        parcel = self.inbound.admit()
        if parcel is not None:
            self._spawn(parcel.placements)

    def step(self, action: Action) -> Observation:
        """Move the world one control step.

        Raises:
            BodyError: The action is not one that the body can be told; the world is untouched.
        """
        self._require_open()
        self.body.check(action)
        joints = np.array(action.joints, dtype=float)
        self._history.append(Action(joints, action.grips, action.base))
        self._mishaps.step(self._last, action)
        self.body.command(action)
        self.inbound.plan(self._last, PERIOD)
        self._admit()
        self.integrate()
        if self.carton is not None:
            self.carton.tear()
        self._rest.look()
        for name, body in self.items.items():
            # What sleeps is where it was.
            if (seen := self._rest.seen.get(body)) is not None:
                self._states[name] = self._state(name, *seen)
        self.scanner.look(self._states.values())
        self._last = self.observe(digest=True)
        return self._last

    def integrate(self) -> None:
        """Run the physics of one control step, as it was last commanded."""
        c = self._client
        if (effort := self._effort()) != self._iterations:
            self._iterations = effort
            p.setPhysicsEngineParameter(numSolverIterations=effort, physicsClientId=c)
        step, settle, push = p.stepSimulation, self.body.settle, self._mishaps.push
        for _ in range(SUBSTEPS):
            if self.conveyor.speed:
                self.conveyor.drive()
            push()
            step(physicsClientId=c)
            settle()

    def _effort(self) -> int:
        """Return how many iterations the solver needs: a carton full of goods creeps with few."""
        busy = self._rest.busy
        crowd = self.carton is not None and self.carton.id in busy and len(busy) > _CROWD
        return _MORE if crowd else _ITERATIONS

    def observe(self, digest: bool = False) -> Observation:
        """Return the present observation; with ``digest``, add it to the trajectory's hash.

        With it, things are where the step that has just ended saw them.
        """
        if not digest:
            for name, body in self.items.items():
                pose = p.getBasePositionAndOrientation(body, physicsClientId=self._client)
                velocity, _ = p.getBaseVelocity(body, physicsClientId=self._client)
                self._states[name] = self._state(name, pose, velocity)
        felt = self.body.feel()
        scene = Scene(self.inbound.state(fresh=not digest), tuple(self._states.values()))
        if digest:
            self._digest.update(_bytes(felt, scene))
        step = len(self._history)
        view = self.sensors.see(scene, step) if digest else View(scene, step)
        return Observation(
            step, felt, self.scanner.reads, scene, view, self._manifests, Eye(self._client)
        )

    @property
    def carton(self) -> CartonBody | None:
        """The carton that is in the cell, if any."""
        return self.inbound.carton

    @property
    def fired(self) -> tuple[Fired, ...]:
        """Faults that have happened so far: the truth, for judges alone."""
        return tuple(self._mishaps.fired)

    def _state(self, name: str, pose: Any, velocity: Vec3) -> ItemState:
        vx, vy, vz = velocity
        speed = (vx * vx + vy * vy + vz * vz) ** 0.5
        unit = self._units[name]
        return ItemState(name, Pose(*pose), unit.sku.size, speed, unit.condition)

    @property
    def hash(self) -> str:
        """SHA-256 over every state since the world was built, in hexadecimal."""
        return self._digest.hexdigest()

    @property
    def time(self) -> float:
        """Simulated time since the world was built [s]."""
        return len(self._history) * PERIOD

    def contacts(self, a: int, b: int | None = None) -> Sequence[Any]:
        """Return PyBullet's contact points of body ``a`` (with body ``b`` if given)."""
        if b is None:
            return list(p.getContactPoints(a, physicsClientId=self._client))
        return list(p.getContactPoints(a, b, physicsClientId=self._client))

    def snapshot(self) -> Snapshot:
        """Keep this moment; free it with `forget` when it is no longer needed."""
        self._require_open()
        return Snapshot(
            owner=id(self), build=self._build, history=tuple(self._history),
            digest=self._digest.copy(), state=p.saveState(physicsClientId=self._client),
            generation=self._generation, cast=self.inbound.cast,
            memories=tuple(part.memory() for part in self._parts()),
        )  # fmt: skip

    def restore(self, snapshot: Snapshot, exact: bool = True) -> Observation:
        """Go back to a moment of this same build.

        Args:
            snapshot: The moment.
            exact: Rebuild the world and repeat all that led to the moment, so that its future is
                the same to the last bit. Otherwise take PyBullet's own memory of it: at once, and
                every pose is the same, but the solver may work off contacts in another order, and
                what follows may come to differ. That memory does not span the coming or going of
                a carton, nor faults; then the exact way is taken.

        Raises:
            SimError: The snapshot is of another world, or of this one before it was rebuilt; or
                something other than actions had moved the world before it.
        """
        if (snapshot.owner, snapshot.build) != (id(self), self._build):
            raise SimError("the snapshot belongs to another build of the world")
        same = (snapshot.generation, snapshot.cast) == (self._generation, self.inbound.cast)
        if exact or self.spec.faults or not same:
            self._construct(self.spec)
            for action in snapshot.history:
                self.step(action)
            if self._digest.digest() != snapshot.digest.digest():
                raise SimError(
                    "the world was moved by more than actions; restore it with exact=False"
                )
            return self._last
        self._part_all(snapshot)
        p.restoreState(stateId=snapshot.state, physicsClientId=self._client)
        self._history = list(snapshot.history)
        self._digest = snapshot.digest.copy()
        self._last = self.observe()
        return self._last

    def _part_all(self, snapshot: Snapshot) -> None:
        """Move everything loose far apart, and let it fall asleep or wake up as in the snapshot.

        PyBullet restores the points of contacts that a snapshot holds, but leaves those that came
        about after it; and it does not keep who sleeps.
        """
        c = self._client
        for k, body in enumerate(self._loose):
            p.resetBasePositionAndOrientation(
                body, (0.0, 0.0, 20.0 + 5.0 * k), (0, 0, 0, 1), physicsClientId=c
            )
        for part, memory in zip(self._parts(), snapshot.memories, strict=True):
            part.recall(memory)
        p.setGravity(0, 0, 0, physicsClientId=c)
        for _ in range(2):
            p.stepSimulation(physicsClientId=c)
        p.setGravity(0, 0, -9.81, physicsClientId=c)

    @property
    def _loose(self) -> list[int]:
        return [*self.items.values(), *([] if self.carton is None else [self.carton.id])]

    def forget(self, snapshot: Snapshot) -> None:
        """Free PyBullet's memory of a moment; it can then only be restored exactly."""
        if snapshot.generation == self._generation:
            p.removeState(snapshot.state, physicsClientId=self._client)

    def _parts(self) -> list[Any]:
        return [self.body, self.conveyor, self.inbound, self.scanner, self._rest]

    def _require_open(self) -> None:
        if self._client < 0:
            raise SimError("the world is closed")

    def close(self) -> None:
        """Let go of the physics client; closing twice is harmless."""
        if self._client >= 0:
            p.disconnect(self._client)
            self._client = -1


def _text(item: str, label: Unit) -> Read:
    """Return what the scanner will read of an item."""
    return Read(item, label.sku.gtin, label.lot, label.expiry, label.route, label.note)


def _bytes(felt: Proprioception, scene: Scene) -> bytes:
    """Return the state as bytes, in a fixed order."""
    values = [*felt.joints.tolist(), *felt.velocities.tolist(), *felt.closure]
    if scene.carton is not None:
        values += [*scene.carton.pose.position, *scene.carton.pose.orientation, *scene.carton.flaps]
    for item in scene.items:
        position, orientation = item.pose
        values += position
        values += orientation
    return struct.pack(f"<{len(values)}d", *values)
