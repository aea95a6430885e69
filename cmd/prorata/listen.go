package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"prorata/flow"
)

// listen opens the door that browsers and programs come to: https where a certificate was given, http for this machine or the proxy
// before it alone.
func (c *serveCommand) listen(ctx context.Context, w *world) (listener net.Listener, scheme string, err error) {
	if (c.TLSCertificate == "") != (c.TLSKey == "") {
		return nil, "", fmt.Errorf("%w: --tls-certificate and --tls-key belong together: one of them is missing", flow.ErrInput)
	}
	var pair *certificate
	if c.TLSCertificate != "" {
		pair = &certificate{certificate: c.TLSCertificate, key: c.TLSKey, log: w.log}
		if err := pair.read(); err != nil {
			return nil, "", fmt.Errorf("%w: --tls-certificate: %w", flow.ErrInput, err)
		}
	}
	if listener, err = listenAt(ctx, "--listen", c.Listen); err != nil {
		return nil, "", err
	}
	if pair == nil {
		if at, is := listener.Addr().(*net.TCPAddr); !c.Proxied && (!is || !at.IP.IsLoopback()) {
			return nil, "", errors.Join(fmt.Errorf("%w: --listen: %s can be reached from other machines, and passwords would go there unencrypted: "+
				"give --tls-certificate and --tls-key, or --proxied where a proxy before it speaks https", flow.ErrInput, c.Listen), listener.Close())
		}
		return listener, "http", nil
	}
	settings := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.current, NextProtos: []string{"h2", "http/1.1"}}
	return tls.NewListener(listener, settings), "https", nil
}

// listenAt opens an address that a flag names.
func listenAt(ctx context.Context, flag, address string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	var wrong *net.AddrError
	switch {
	case err == nil:
		return listener, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%w: %s: another program listens at %s already: end it, or give another address", flow.ErrInput, flag, address)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%w: %s: this user may not listen at %s: ports below 1024 are the system's, give a higher one", flow.ErrInput, flag, address)
	case errors.As(err, &wrong):
		return nil, fmt.Errorf("%w: %s: %q is no address to listen at (%s): expected one such as %s", flow.ErrInput, flag, address, wrong.Err, defaultListen)
	}
	return nil, fmt.Errorf("%w: %s: %w", flow.ErrInput, flag, err)
}

// certificate is one with its key, read again when its file changes: it is renewed every few weeks,
// and nobody restarts a program for it.
type certificate struct {
	certificate, key string
	log              *slog.Logger

	mutex   sync.Mutex
	held    *tls.Certificate
	changed time.Time
}

// read reads both files.
func (c *certificate) read() error {
	about, err := os.Stat(c.certificate)
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.certificate, c.key)
	if err != nil {
		return err
	}
	c.held, c.changed = &pair, about.ModTime()
	return nil
}

// current is the certificate as its file has it now. One that cannot be read, such as one that is
// being written, leaves the one before in place.
func (c *certificate) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if about, err := os.Stat(c.certificate); err != nil || !about.ModTime().Equal(c.changed) {
		if err == nil {
			err = c.read()
		}
		if err != nil {
			c.log.Warn("the certificate cannot be read anew, the one before stays", "file", c.certificate, "error", err)
		}
	}
	return c.held, nil
}
