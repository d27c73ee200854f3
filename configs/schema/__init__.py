"""Typed shapes of the YAML files: catalogues, bodies and facilities.

Lengths are metres, masses kilograms, times seconds, angles radians; positions are in the
world frame W (origin on the floor under the robot, x towards the dock, z up) unless a field
says otherwise.
"""

from .base import Count, Positive, Rgb, Rising, Share, Strict, Vec3
from .embodiment import Body, Cup, Jaws
from .faults import FAULT_KINDS, FaultChance, FaultKind, FaultProfile
from .goods import (
    Catalogue,
    Condition,
    Hazard,
    MeshShape,
    PrismShape,
    Shape,
    Sku,
    Temperature,
    Unit,
)
from .order import Extreme, Goods, Move, Order, Reason, Spot
from .phrases import Phrases
from .site import (
    Carton,
    Column,
    Conveyor,
    Delivery,
    Facility,
    Flaw,
    Keeping,
    Rack,
    Scanner,
    SlottingRule,
    Storage,
    Table,
    Tote,
    Zone,
)
from .split import Seeds, Split, Task
from .suite import Case, Chances, Suite
from .surroundings import Frictions, Light, Shades, Surroundings
from .variation import Variation

__all__ = [
    "FAULT_KINDS",
    "Body",
    "Carton",
    "Case",
    "Catalogue",
    "Chances",
    "Column",
    "Condition",
    "Conveyor",
    "Count",
    "Cup",
    "Delivery",
    "Extreme",
    "Facility",
    "FaultChance",
    "FaultKind",
    "FaultProfile",
    "Flaw",
    "Frictions",
    "Goods",
    "Hazard",
    "Jaws",
    "Keeping",
    "Light",
    "MeshShape",
    "Move",
    "Order",
    "Phrases",
    "Positive",
    "PrismShape",
    "Rack",
    "Reason",
    "Rgb",
    "Rising",
    "Scanner",
    "Seeds",
    "Shades",
    "Shape",
    "Share",
    "Sku",
    "SlottingRule",
    "Split",
    "Spot",
    "Storage",
    "Strict",
    "Suite",
    "Surroundings",
    "Table",
    "Task",
    "Temperature",
    "Tote",
    "Unit",
    "Variation",
    "Vec3",
    "Zone",
]
