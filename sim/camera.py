"""Cameras: RGB, depth and segmentation by the software renderer, which needs no display.

The renderer pays for every pixel that it shades, and the floor would be under most of them. So
the world hides the floor from it, and the floor is drawn here, once for each camera.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pybullet as p
from numpy.typing import NDArray

from warewheel.configs.schema import Facility, Light, Surroundings

from .values import Vec3
from .world import World


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera that stands at ``eye`` and looks at ``target`` (W, [m]).

    Attributes:
        fov: Vertical field of view [degrees].
        width: Image width [px].
        height: Image height [px].
        near: Distance of the near plane [m].
        far: Distance of the far plane [m].
    """

    eye: Vec3
    target: Vec3
    fov: float = 50.0
    width: int = 128
    height: int = 128
    near: float = 0.1
    far: float = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture.

    Attributes:
        rgb: Shape (height, width, 3), uint8.
        depth: Distance along the optical axis, shape (height, width), float32 [m].
        segmentation: PyBullet body id of each pixel, shape (height, width), int32; -1 is nothing.
    """

    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32]
    segmentation: NDArray[np.int32]


# Side of a floor tile [m].
_TILE = 0.5
_SKY = 255
# Cameras whose floors are kept.
_FLOORS = 16


class _Floor(NamedTuple):
    """An empty floor as a camera sees it."""

    seen: NDArray[np.bool_]
    pixels: NDArray[np.uint32]
    depth: NDArray[np.float32]


OVERVIEW = Camera((1.7, -1.2, 1.7), (0.25, -0.05, 0.65), width=960, height=720)


def overview(facility: Facility) -> Camera:
    """Return `OVERVIEW`, mirrored where the rack stands on the right, so that its front shows."""
    side = facility.rack.side
    eye, target = OVERVIEW.eye, OVERVIEW.target
    return replace(
        OVERVIEW,
        eye=(eye[0], eye[1] * side, eye[2]),
        target=(target[0], target[1] * side, target[2]),
    )


def take(world: World, camera: Camera, shadow: bool = False) -> Picture:
    """Return what ``camera`` sees of the world now."""
    shape = (camera.height, camera.width)
    near, far = camera.near, camera.far
    around = world.spec.facility.surroundings
    image = p.getCameraImage(
        camera.width,
        camera.height,
        p.computeViewMatrix(camera.eye, camera.target, [0, 0, 1]),
        p.computeProjectionMatrixFOV(camera.fov, camera.width / camera.height, near, far),
        shadow=int(shadow),
        lightDirection=around.light.direction,
        lightAmbientCoeff=around.light.ambient,
        lightDiffuseCoeff=around.light.diffuse,
        renderer=p.ER_TINY_RENDERER,
        flags=p.ER_SEGMENTATION_MASK_OBJECT_AND_LINKINDEX,
        physicsClientId=world.client,
    )
    # A pixel's four bytes as one number: whole pixels are chosen faster than their colours.
    pixels = np.asarray(image[2], dtype=np.uint8).reshape(*shape, 4).view(np.uint32)[..., 0]
    buffer = np.asarray(image[3], dtype=np.float32).reshape(shape)
    labels = np.asarray(image[4], dtype=np.int32).reshape(shape)
    # The depth buffer of a perspective projection, undone.
    depth = np.float32(far * near) / (np.float32(far) - np.float32(far - near) * buffer)
    empty = labels < 0
    # PyBullet packs the body id into the low 24 bits, the link above them; where nothing is, the
    # sign fills all bits.
    segmentation = (labels & np.int32(0xFFFFFF)) | (labels >> 31)
    floor = _floor(camera, around)
    bare = empty & floor.seen
    rgb = np.where(bare, floor.pixels, pixels)[..., None].view(np.uint8)[..., :3].copy()
    np.copyto(depth, floor.depth, where=bare)
    np.copyto(segmentation, np.int32(world.floor), where=bare)
    return Picture(rgb, depth, segmentation)


def _brightness(light: Light) -> float:
    """Return how bright the floor is, as a factor on its colours by the usual light."""
    x, y, z = light.direction
    usual = Light()
    a, b, c = usual.direction
    shine = light.ambient + light.diffuse * max(z, 0.0) / math.sqrt(x * x + y * y + z * z)
    return shine / (usual.ambient + usual.diffuse * c / math.sqrt(a * a + b * b + c * c))


@functools.lru_cache(maxsize=_FLOORS)
def _floor(camera: Camera, around: Surroundings) -> _Floor:
    """Return the floor, z = 0 in W, as ``camera`` would see it without anything on it."""
    eye = np.array(camera.eye)
    ahead = np.array(camera.target) - eye
    ahead /= np.linalg.norm(ahead)
    right = np.cross(ahead, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    up = np.cross(right, ahead)
    half = math.tan(math.radians(camera.fov) / 2)
    x = (2 * (np.arange(camera.width) + 0.5) / camera.width - 1) * camera.width / camera.height
    y = 1 - 2 * (np.arange(camera.height) + 0.5) / camera.height
    rays = ahead + half * (x[None, :, None] * right + y[:, None, None] * up)
    fall = -rays[..., 2]
    depth = np.full(fall.shape, np.inf)
    np.divide(eye[2], fall, out=depth, where=fall > 0)
    seen = (depth > camera.near) & (depth < camera.far)
    at = eye[:2] + np.where(seen, depth, 0.0)[..., None] * rays[..., :2]
    odd = np.floor(at / _TILE).sum(axis=-1) % 2 > 0
    # Towards the far plane the floor fades into the background.
    fade = np.clip(depth / camera.far, 0.0, 1.0)[..., None] ** 4
    one, other = 255 * np.array(around.shades.floor) * _brightness(around.light)
    rgb = np.clip(np.where(odd[..., None], one, other), 0, 255) * (1 - fade) + _SKY * fade
    rgba = np.full((*seen.shape, 4), 255, np.uint8)
    rgba[..., :3] = rgb.round()
    return _Floor(seen, rgba.view(np.uint32)[..., 0], depth.astype(np.float32))
