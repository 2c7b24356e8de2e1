from . import data_provider as data_provider
from . import dataset_data_provider as dataset_data_provider
from . import parallel_reader as parallel_reader
from . import prefetch_queue as prefetch_queue
from . import queues as queues
from . import supervisor as supervisor
from . import training as training
