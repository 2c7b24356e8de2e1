from . import data_decoder as data_decoder
from . import tfexample_decoder as tfexample_decoder
