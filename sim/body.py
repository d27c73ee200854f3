"""The Panda in the simulated world: joints, jaws, and what they feel."""

from __future__ import annotations

import math

import numpy as np
import pybullet as p

from warewheel.configs.schema import Body

from .assets import panda_urdf
from .values import Action, Array, Pose, Proprioception

# Names in the stock model.
ARM = tuple(f"panda_joint{i}" for i in range(1, 8))
_JAWS = ("panda_finger_joint1", "panda_finger_joint2")
TOOL = "panda_grasptarget_hand"
_WRIST = "panda_joint7"

# Speed of each jaw's set point [m/s]; the maker allows 0.1 m/s without load, and a set point this
# slow closes on an item without knocking it over.
_JAW_SPEED = 0.06
# How far the set point runs ahead of jaws that are blocked [m].
_SQUEEZE = 0.012
# A soft pad resists twisting over its whole face; the solver, which may put all of a grip's force
# on one corner of it, needs telling (Bullet's spinning friction of the pads).
_PAD_SPIN = 0.1
# Moves of the tool: how far the joints' set points may run ahead [rad], in how many parts a move
# is worked out, and what keeps it finite near singular postures.
_LEAD = 0.1
_PARTS = 2
_DAMPING = 1e-5


class BodyError(ValueError):
    """A command that no body could follow."""


def load_model(client: int, body: Body) -> tuple[int, dict[str, int]]:
    """Load the body's model at its base; return its id and its joint indices by name."""
    robot = p.loadURDF(
        panda_urdf(body.model), body.base, useFixedBase=True,
        flags=p.URDF_INITIALIZE_SAT_FEATURES, physicsClientId=client,
    )  # fmt: skip
    indices = {
        p.getJointInfo(robot, j, physicsClientId=client)[1].decode(): j
        for j in range(p.getNumJoints(robot, physicsClientId=client))
    }
    return int(robot), indices


class ArmBody:
    """One arm with parallel jaws, driven by position targets.

    Args:
        client: PyBullet client id.
        body: What to load, and its limits.
        period: Control period [s].
    """

    def __init__(self, client: int, body: Body, period: float) -> None:
        self.config = body
        self._client = client
        self._period = period
        self.id, joints = load_model(client, body)
        self.arm = [joints[name] for name in ARM]
        self._jaws = [joints[name] for name in _JAWS]
        self.tool_link = joints[TOOL]
        info = [p.getJointInfo(self.id, j, physicsClientId=client) for j in self.arm]
        self.lower = np.array([i[8] for i in info])
        self.upper = np.array([i[9] for i in info])
        self.effort = np.array([i[10] for i in info])
        self.speed = np.array([i[11] for i in info])
        self._wrist = self.arm.index(joints[_WRIST])
        p.enableJointForceTorqueSensor(self.id, joints[_WRIST], True, physicsClientId=client)
        self._couple_jaws()
        self._all = [*self.arm, *self._jaws]
        self._forces = [*self.effort.tolist(), body.gripper.force, body.gripper.force]
        self._gains = [0.12] * len(self.arm) + [0.2, 0.2]
        self.place(np.array(body.home), body.gripper.opening)

    def _couple_jaws(self) -> None:
        """Make the jaws mirror each other, as the real hand's gear does."""
        gear = p.createConstraint(
            self.id, self._jaws[0], self.id, self._jaws[1], p.JOINT_GEAR, [1, 0, 0],
            [0, 0, 0], [0, 0, 0], physicsClientId=self._client,
        )  # fmt: skip
        p.changeConstraint(gear, gearRatio=-1, erp=0.2, maxForce=60, physicsClientId=self._client)
        for jaw in self._jaws:
            p.changeDynamics(
                self.id, jaw, lateralFriction=self.config.gripper.pad_friction * 1.2,
                spinningFriction=_PAD_SPIN, physicsClientId=self._client,
            )  # fmt: skip

    def place(self, joints: Array, opening: float) -> None:
        """Put the body at rest in a posture; only for building a world."""
        for j, q in zip(self._all, [*joints, opening / 2, opening / 2], strict=True):
            p.resetJointState(self.id, j, float(q), physicsClientId=self._client)
        self._target = np.array(joints, dtype=float)
        self._jaw = opening / 2

    def check(self, action: Action) -> None:
        """Raise BodyError if ``action`` is not one that this body can be told."""
        joints = np.asarray(action.joints, dtype=float)
        if joints.shape != self.lower.shape:
            raise BodyError(f"joint targets have shape {joints.shape}; expected {self.lower.shape}")
        if not (np.isfinite(joints).all() and math.isfinite(action.opening)):
            raise BodyError(f"action holds a value that is not finite: {action}")
        slack = 1e-6
        outside = (joints < self.lower - slack) | (joints > self.upper + slack)
        if outside.any():
            k = int(np.argmax(outside))
            raise BodyError(
                f"target of joint {k + 1} is {joints[k]:.4f} rad; "
                f"allowed are {self.lower[k]:.4f} to {self.upper[k]:.4f}"
            )
        if not -slack <= action.opening <= self.config.gripper.opening + slack:
            raise BodyError(
                f"jaw opening is {action.opening:.4f} m; "
                f"allowed are 0 to {self.config.gripper.opening}"
            )

    def command(self, action: Action) -> None:
        """Set the motors for one control period, within the joints' speed limits."""
        reach = self.speed * self._period
        step = np.clip(action.joints - self._target, -reach, reach)
        self._target = self._target + step
        goal = action.opening / 2
        # Closed on an item, the set point stays just inside the jaws: enough for full force, and
        # near enough to let go at once.
        state = p.getJointState(self.id, self._jaws[0], physicsClientId=self._client)
        self._jaw = max(self._jaw, state[0] - _SQUEEZE)
        jaw_step = min(max(goal - self._jaw, -_JAW_SPEED * self._period), _JAW_SPEED * self._period)
        self._jaw += jaw_step
        velocity = (step / self._period).tolist()
        jaw_velocity = jaw_step / self._period
        p.setJointMotorControlArray(
            self.id, self._all, p.POSITION_CONTROL,
            targetPositions=[*self._target.tolist(), self._jaw, self._jaw],
            targetVelocities=[*velocity, jaw_velocity, jaw_velocity],
            forces=self._forces, positionGains=self._gains,
            velocityGains=[1.0] * len(self._all), physicsClientId=self._client,
        )  # fmt: skip

    def nudge(self, shift: Array, turn: Array) -> Array:
        """Return joint targets that move the tool's set point.

        Args:
            shift: In W, shape (3,) [m].
            turn: Rotation vector in W, shape (3,) [rad].

        Returns:
            Shape (dof,), within limits; a move too fast for a joint is shortened as a whole [rad].
        """
        twist = np.concatenate([shift, turn])
        joints = self._target
        if not twist.any():
            return joints.copy()
        # A blocked arm's set point must not run ahead without end.
        felt = p.getJointStates(self.id, self.arm, physicsClientId=self._client)
        at = np.array([s[0] for s in felt])
        start = joints = np.clip(joints, at - _LEAD, at + _LEAD)
        for _ in range(_PARTS):
            middle = joints + self._follow(joints, twist / _PARTS) / 2
            joints = joints + self._follow(middle, twist / _PARTS)
        step = joints - start
        share = min(1.0, float(np.min(self.speed * self._period / np.maximum(np.abs(step), 1e-9))))
        moved: Array = np.clip(start + share * step, self.lower, self.upper)
        return moved

    def _follow(self, joints: Array, twist: Array) -> Array:
        """Return the change of the joints that moves the tool by a small twist, shape (dof,)."""
        jaw = [0.0] * len(self._jaws)
        rows = p.calculateJacobian(
            self.id, self.tool_link, [0, 0, 0], [*joints, *jaw], [0.0] * len(self._all),
            [0.0] * len(self._all), physicsClientId=self._client,
        )  # fmt: skip
        jacobian = np.vstack(rows)[:, : len(self.arm)]
        square = jacobian @ jacobian.T + _DAMPING * np.eye(6)
        change: Array = jacobian.T @ np.linalg.solve(square, twist)
        return change

    def feel(self) -> Proprioception:
        """Return what the body feels now."""
        states = p.getJointStates(self.id, self._all, physicsClientId=self._client)
        dof = len(self.arm)
        link = p.getLinkState(
            self.id, self.tool_link, computeForwardKinematics=1, physicsClientId=self._client
        )
        return Proprioception(
            joints=np.array([s[0] for s in states[:dof]]),
            velocities=np.array([s[1] for s in states[:dof]]),
            torques=np.array([s[3] for s in states[:dof]]),
            opening=states[dof][0] + states[dof + 1][0],
            grip_force=(abs(states[dof][3]) + abs(states[dof + 1][3])) / 2,
            tool=Pose(link[4], link[5]),
            wrench=np.array(states[self._wrist][2]),
        )

    def memory(self) -> tuple[Array, float]:
        """Return the set points, which PyBullet's own snapshots leave out."""
        return self._target.copy(), self._jaw

    def recall(self, memory: tuple[Array, float]) -> None:
        """Take back what `memory` returned."""
        self._target, self._jaw = memory[0].copy(), memory[1]
