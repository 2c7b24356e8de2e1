from .endings import format_of as format_of
from .endings import is_exported as is_exported
from .engine import Engine as Engine
from .engine import EngineError as EngineError
from .engine import Input as Input
from .opening import open as open
