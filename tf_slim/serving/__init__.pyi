from .application import application as application
from .limits import Limits as Limits
from .served import Served as Served
