from .decoding import MAX_PIXELS as MAX_PIXELS
from .decoding import decode as decode
from .faults import fault as fault
from .headers import FORMATS as FORMATS
from .headers import Header as Header
from .headers import header as header
from .parts import decode_part as decode_part
