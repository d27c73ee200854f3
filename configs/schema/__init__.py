"""Typed shapes of the YAML files: catalogues, bodies and facilities.

Lengths are metres, masses kilograms, times seconds, angles radians; positions are in the
world frame W (origin on the floor under the robot, x towards the dock, z up) unless a field
says otherwise.
"""

from .base import Count, Positive, Rgb, Rising, Share, Strict, Vec3
from .embodiment import Body, Cup, Jaws
from .goods import Catalogue, Condition, Hazard, MeshShape, Shape, Sku, Temperature, Unit
from .site import (
    Carton,
    Conveyor,
    Delivery,
    Facility,
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
    "Condition",
    "Conveyor",
    "Count",
    "Cup",
    "Delivery",
    "Facility",
    "Hazard",
    "Jaws",
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
