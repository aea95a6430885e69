package main

import (
	"context"
	"fmt"

	"prorata/edge/store"
)

type migrateCommand struct{}

// Run brings the schema to this version of the program.
func (c *migrateCommand) Run(ctx context.Context, w *world) error {
	from, to, err := store.Migrate(ctx, w.Database)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", hidePassword(w.Database), err)
	}
	if from == to {
		w.printf("The schema is up to date (version %d).\n", to)
		return nil
	}
	w.printf("The schema went from version %d to %d.\n", from, to)
	return nil
}
