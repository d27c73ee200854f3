"""Typed shapes of the YAML files: catalogues, bodies and facilities.

Lengths are metres, masses kilograms, times seconds, angles radians; positions are in the
world frame W (origin on the floor under the robot, x towards the dock, z up) unless a field
says otherwise.
"""

from .base import Count, Positive, Rgb, Rising, Share, Strict, Vec3
from .embodiment import Body, Gripper
from .goods import Catalogue, Condition, Hazard, MeshShape, Shape, Sku, Temperature, Unit
from .site import (
    Carton,
    Column,
    Conveyor,
    Delivery,
    Facility,
    Fault,
    Keeping,
    Rack,
    Scanner,
    SlottingRule,
    Storage,
    Table,
    Tote,
    Zone,
)

__all__ = [
    "Body",
    "Carton",
    "Catalogue",
    "Column",
    "Condition",
    "Conveyor",
    "Count",
    "Delivery",
    "Facility",
    "Fault",
    "Gripper",
    "Hazard",
    "Keeping",
    "MeshShape",
    "Positive",
    "Rack",
    "Rgb",
    "Rising",
    "Scanner",
    "Shape",
    "Share",
    "Sku",
    "SlottingRule",
    "Storage",
    "Strict",
    "Table",
    "Temperature",
    "Tote",
    "Unit",
    "Vec3",
    "Zone",
]
