-- What an invoice cost and brought stands once, among its sums. An invoice that was reconciled before it had sums keeps what was known of it.

INSERT INTO provider_sum (connection, invoice, grouped, place, of_id, name, found, currency, cost, ahead, revenue, revenue_currency)
  SELECT m.connection, m.invoice, CASE m.grouped WHEN 'account' THEN 'entity' WHEN 'invoice' THEN 'whole' ELSE m.grouped END,
    ROW_NUMBER() OVER (PARTITION BY m.connection, m.invoice, m.grouped ORDER BY CAST(m.cost AS NUMERIC) + CAST(m.ahead AS NUMERIC) DESC, m.of_id, m.revenue_currency),
    m.of_id, '', 0, m.currency, m.cost, m.ahead, m.revenue, m.revenue_currency
  FROM provider_margin m WHERE NOT EXISTS (SELECT 1 FROM provider_sum s WHERE s.connection = m.connection AND s.invoice = m.invoice);
DROP TABLE provider_margin;
