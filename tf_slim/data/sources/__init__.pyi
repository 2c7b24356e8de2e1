from .checking import checked as checked
from .checking import read_rows as read_rows
from .checking import with_listing as with_listing
from .checking import write_rows as write_rows
from .listing import Listing as Listing
from .listing import Row as Row
from .protocol import Loaded as Loaded
from .protocol import RecordSource as RecordSource
