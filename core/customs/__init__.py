"""What a city has made its own without code: names, texts, targets, branding, modules' lists; with history and undo."""
