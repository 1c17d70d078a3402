"""What a municipality does, how it should be done, how it is run and how long it really takes.

``registry`` inventories functions, ``bpmn`` reads drawings, ``versions`` publishes them, ``expressions`` and ``engine``
run them, ``running`` gives people their work, ``figures`` measures it.
"""
