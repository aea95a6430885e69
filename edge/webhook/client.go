package webhook

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// ErrInside is returned for an address in the network that the program runs in: who may
// name webhooks must not thereby reach what only this machine can.
var ErrInside = errors.New("the address is inside this network, where webhooks are not sent; the setting --webhooks-inside allows it")

const (
	connectMost = 5 * time.Second
	requestMost = 15 * time.Second
)

// NewClient is a client for addresses that others named: it looks at the address that is
// connected to, after the name was resolved, goes through no proxy, follows nothing
// elsewhere, and waits only so long. Inside lets it reach this network.
func NewClient(inside bool) *http.Client {
	dialer := &net.Dialer{Timeout: connectMost}
	if !inside {
		dialer.Control = outsideOnly
	}
	return &http.Client{
		Timeout: requestMost,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: connectMost, ResponseHeaderTimeout: requestMost,
			MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true},
	}
}

// outsideOnly is asked with the address itself, right before it is connected to.
func outsideOnly(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInside, err)
	}
	if !Outside(at.Addr()) {
		return ErrInside
	}
	return nil
}

// Outside says whether an address belongs to the public internet: not this machine, not a private
// network, not one of those that have a meaning of their own (RFC 6890).
func Outside(address netip.Addr) bool {
	address = address.Unmap()
	if !address.IsGlobalUnicast() || address.IsPrivate() || address.IsLoopback() || address.IsLinkLocalUnicast() || address.IsUnspecified() || address.Zone() != "" {
		return false
	}
	for _, prefix := range special() {
		if prefix.Contains(address) {
			return false
		}
	}
	return true
}

// special are ranges that are nobody's on the internet, or lead elsewhere: carrier networks,
// documentation, measuring, and IPv6 addresses that hold an IPv4 one.
func special() (ranges []netip.Prefix) {
	for _, text := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
		"240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10"} {
		ranges = append(ranges, netip.MustParsePrefix(text))
	}
	return ranges
}
