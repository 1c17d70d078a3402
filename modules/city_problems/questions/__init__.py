"""The extra questions of a category: the city's own data, asked when a report is filed."""
