"""The language of conditions, timers and decision tables: a subset of FEEL, run without Python's evaluator.

``parsing.parse`` reads, ``evaluating.evaluate`` and ``evaluating.condition`` run, ``names.names`` tells what is asked
of the facts, ``feel``, ``juel``, ``python`` and ``words`` print, ``decisions`` reads DMN tables and decides by them.
Nothing here touches the database; the present of ``now()`` is in UTC unless whoever runs gives the city's.
"""
