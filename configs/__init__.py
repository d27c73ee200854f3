"""What the cell is made of, as data: facilities, bodies and catalogues.

The YAML files beside this module are read strictly: an unknown key, a key given twice or a
value out of range is an error that names the file, the line and what would be allowed.
"""

from .capability import reaches, refusals
from .cases import adapted, cell_of, check_suite
from .errors import ConfigError
from .feasibility import check, load_cell
from .load import (
    load_body,
    load_catalogue,
    load_facility,
    load_faults,
    load_phrases,
    load_split,
    load_suite,
    load_variation,
    names,
)
from .slotting import zone_of
from .variation import vary

__all__ = [
    "ConfigError",
    "adapted",
    "cell_of",
    "check",
    "check_suite",
    "load_body",
    "load_catalogue",
    "load_cell",
    "load_facility",
    "load_faults",
    "load_phrases",
    "load_split",
    "load_suite",
    "load_variation",
    "names",
    "reaches",
    "refusals",
    "vary",
    "zone_of",
]
