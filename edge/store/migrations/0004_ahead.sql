-- How much of a provider row's cost is for days that customers are not billed for yet; schema.sql beside this folder says
-- what each table means.

ALTER TABLE provider_match ADD COLUMN ahead TEXT NOT NULL DEFAULT '0';
