"""How a reply looks on a small screen: numbers for buttons, SMS letters, parts that are not too long."""
