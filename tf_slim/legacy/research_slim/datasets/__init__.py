"""The package `datasets` of research/slim: its data sets, described for `DatasetDataProvider`.

from datasets import dataset_factory, flowers

Unlike there, nothing is fetched to describe a data set: the names of the classes come from the
`labels.txt` in its folder.
"""
