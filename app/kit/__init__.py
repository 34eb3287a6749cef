"""Pure helpers without tables: pages, forms, money, clock, csv, crypto, http. Entered by module."""
