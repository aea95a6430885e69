package main

import (
	"context"
	"errors"
	"io"
	"runtime/debug"
)

type backupCommand struct {
	File string `arg:"" help:"The file to write."`
}

// Run writes the backup whole or not at all.
func (c *backupCommand) Run(ctx context.Context, w *world) error {
	opened, err := w.store(ctx)
	if err != nil {
		return err
	}
	if err := writeFile(c.File, func(to io.Writer) error { return opened.Backup(ctx, to) }); err != nil {
		return err
	}
	w.printf("The backup is in %s\n", c.File)
	return nil
}

type restoreCommand struct {
	File string `arg:"" help:"A backup of either engine."`
}

// Run restores into an empty database; a damaged file leaves it empty.
func (c *restoreCommand) Run(ctx context.Context, w *world) (err error) {
	file, err := openInput(c.File)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	opened, err := w.store(ctx)
	if err != nil {
		return err
	}
	if err := opened.Restore(ctx, file); err != nil {
		return err
	}
	w.printf("Restored into %s; `prorata verify` derives it all again.\n", hidePassword(w.Database))
	return nil
}

type versionCommand struct{}

// Run prints the module's version and the toolchain's.
func (versionCommand) Run(w *world) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		w.printf("prorata\n")
		return nil
	}
	w.printf("prorata %s, %s\n", info.Main.Version, info.GoVersion)
	return nil
}
