from .augment import Augment as Augment
from .cutmix import cutmix as cutmix
from .mixup import mixup as mixup
from .rand_augment import rand_augment as rand_augment
from .random_erasing import random_erasing as random_erasing
