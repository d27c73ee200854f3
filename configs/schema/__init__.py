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
from .surroundings import Frictions, Light, Shades, Surroundings
from .variation import Variation

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
    "Frictions",
    "Gripper",
    "Hazard",
    "Keeping",
    "Light",
    "MeshShape",
    "Positive",
    "Rack",
    "Rgb",
    "Rising",
    "Scanner",
    "Shades",
    "Shape",
    "Share",
    "Sku",
    "SlottingRule",
    "Storage",
    "Strict",
    "Surroundings",
    "Table",
    "Temperature",
    "Tote",
    "Unit",
    "Variation",
    "Vec3",
    "Zone",
]
