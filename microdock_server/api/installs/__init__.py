"""The installs API. A user's installed set; camelCase; a wrong field is 400."""

from ..core.envelopes import INSTALLS
from ..core.surface import Surface

installs = Surface("installs", __name__, INSTALLS)

from . import views  # noqa: E402, F401  (it declares its endpoints on `installs`)
