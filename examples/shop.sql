-- The schema of shop.db; make_shop.py fills it.

CREATE TABLE customers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  public_id TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL COLLATE NOCASE UNIQUE,
  name TEXT NOT NULL CHECK (length(name) > 0),
  born_on DATE,
  newsletter BOOLEAN NOT NULL DEFAULT 0,
  created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE addresses (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  street TEXT NOT NULL,
  city TEXT NOT NULL,
  postcode VARCHAR(10) NOT NULL,
  country CHAR(2) NOT NULL DEFAULT 'DE',
  preferred BOOLEAN NOT NULL DEFAULT 0 CHECK (preferred IN (0, 1))
);

CREATE TABLE categories (
  id INTEGER PRIMARY KEY,
  parent_id INTEGER REFERENCES categories(id),
  name TEXT NOT NULL,
  position INTEGER NOT NULL DEFAULT 0,
  UNIQUE (parent_id, name)
);

CREATE TABLE products (
  id INTEGER PRIMARY KEY,
  sku TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
  tax_percent INTEGER NOT NULL DEFAULT 19,
  gross_cents INTEGER GENERATED ALWAYS AS (price_cents + price_cents * tax_percent / 100) STORED,
  weight_grams INTEGER,
  attributes TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(attributes)),
  rating REAL,
  stock INTEGER NOT NULL DEFAULT 0,
  active BOOLEAN NOT NULL DEFAULT 1,
  updated_at TEXT
);

CREATE TABLE product_categories (
  product_id INTEGER NOT NULL REFERENCES products(id) ON DELETE CASCADE,
  category_id INTEGER NOT NULL REFERENCES categories(id),
  PRIMARY KEY (product_id, category_id)
) WITHOUT ROWID;

CREATE TABLE product_images (
  id INTEGER PRIMARY KEY,
  product_id INTEGER NOT NULL REFERENCES products(id) ON DELETE CASCADE,
  media_type TEXT NOT NULL DEFAULT 'image/png',
  content BLOB NOT NULL
);

CREATE TABLE orders (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  number TEXT NOT NULL UNIQUE,
  customer_id INTEGER NOT NULL REFERENCES customers(id),
  address_id INTEGER REFERENCES addresses(id) ON DELETE SET NULL,
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'paid', 'shipped', 'cancelled')),
  placed_at TIMESTAMP NOT NULL,
  shipped_on DATE,
  shipping DECIMAL(8, 2) NOT NULL DEFAULT 0,
  note TEXT
);

CREATE TABLE order_lines (
  order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  line INTEGER NOT NULL,
  product_id INTEGER NOT NULL REFERENCES products(id),
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  price_cents INTEGER NOT NULL,
  PRIMARY KEY (order_id, line)
);

CREATE TABLE reviews (
  id INTEGER PRIMARY KEY,
  product_id INTEGER NOT NULL REFERENCES products(id) ON DELETE CASCADE,
  customer_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
  body TEXT,
  written_at INTEGER NOT NULL,
  UNIQUE (product_id, customer_id)
);

CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value ANY
) STRICT, WITHOUT ROWID;

CREATE INDEX orders_of_customer ON orders(customer_id, placed_at DESC);
CREATE INDEX orders_to_ship ON orders(placed_at) WHERE status = 'paid';
CREATE INDEX lines_of_product ON order_lines(product_id);
CREATE INDEX products_by_name ON products(lower(name));
CREATE INDEX images_of_product ON product_images(product_id);

CREATE VIEW order_totals AS
SELECT o.id, o.number, o.status, sum(l.quantity * l.price_cents) AS total_cents, count(*) AS lines
FROM orders o JOIN order_lines l ON l.order_id = o.id
GROUP BY o.id, o.number, o.status;

CREATE VIEW bestsellers AS
SELECT p.id, p.sku, p.name, sum(l.quantity) AS sold
FROM products p JOIN order_lines l ON l.product_id = p.id JOIN orders o ON o.id = l.order_id
WHERE o.status <> 'cancelled'
GROUP BY p.id, p.sku, p.name;

CREATE VIRTUAL TABLE product_search USING fts5(name, description, content='products', content_rowid='id');

CREATE TRIGGER line_takes_stock AFTER INSERT ON order_lines BEGIN
  UPDATE products SET stock = stock - new.quantity WHERE id = new.product_id;
END;

CREATE TRIGGER review_changes_rating AFTER INSERT ON reviews BEGIN
  UPDATE products SET rating = (SELECT avg(stars) FROM reviews WHERE product_id = new.product_id)
  WHERE id = new.product_id;
END;
