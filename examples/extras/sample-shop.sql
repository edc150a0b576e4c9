-- A small shop: sqlite3 sample-shop.db < sample-shop.sql
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    ordered_on TEXT NOT NULL, -- YYYY-MM-DD
    status TEXT NOT NULL, -- open, sent or returned
    total REAL NOT NULL -- EUR
);
INSERT INTO customers VALUES (1, 'Ada', 'Oslo'), (2, 'Bob', 'Lima'), (3, '지민', 'Seoul');
INSERT INTO orders VALUES
    (1, 1, '2026-01-30', 'sent', 35.5),
    (2, 2, '2026-02-01', 'returned', 40),
    (3, 1, '2026-02-14', 'sent', 12),
    (4, 3, '2026-02-20', 'open', 99.9),
    (5, 3, '2026-03-02', 'sent', 7.25);
