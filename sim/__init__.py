"""The physical world: bodies, things and cameras in PyBullet."""
