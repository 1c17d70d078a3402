"""A city's organisation as cities really keep it: a workbook, read with every fault told, then written."""
