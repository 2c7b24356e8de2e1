from .data_page import data_html as data_html
from .data_page import write_data as write_data
from .findings import Findings as Findings
from .mistake import Mistake as Mistake
from .page import html as html
from .page import write as write
