# Nothing is offered by a short name: the rooms above name the file that they mean.
