from .findings import Findings as Findings
from .findings import Mistake as Mistake
from .page import html as html
from .page import write as write
