package partnercenter

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
)

// endpoint is the host's; none where it needs no token.
func (c *Client) endpoint(h host) Endpoint {
	switch h {
	case hostAPI:
		return c.set.Endpoints.API
	case hostPricing:
		return c.set.Endpoints.Pricing
	case hostGraph:
		return c.set.Endpoints.Graph
	case hostBare:
	}
	return Endpoint{}
}

// address is the whole URL of a call. An address that the provider gave is
// taken as it is only where it is on the same host: a token goes nowhere else.
func (c *Client) address(k call) string {
	base := c.endpoint(k.host).URL
	if k.host == hostBare || strings.HasPrefix(k.path, base+"/") {
		return k.path
	}
	if u, err := url.Parse(k.path); err == nil && u.Host != "" {
		return base + u.RequestURI()
	}
	return base + k.path
}

// linked is the call's path of a relative address in an answer, which leaves the
// version out.
func linked(uri string) string {
	if u, err := url.Parse(uri); err == nil && u.Host != "" {
		uri = u.RequestURI()
	}
	if !strings.HasPrefix(uri, "/") {
		uri = "/" + uri
	}
	if !strings.HasPrefix(uri, "/v1/") {
		uri = "/v1" + uri
	}
	return uri
}

// newID draws a random UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return idOf(b, 4)
}

// derivedID is the UUID that belongs to these texts, the same every time.
func derivedID(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return idOf([16]byte(sum[:16]), 8)
}

func idOf(b [16]byte, version byte) string {
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	text := hex.EncodeToString(b[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// pathOf fills the %s of a path with texts made safe for it.
func pathOf(format string, parts ...string) string {
	safe := make([]any, len(parts))
	for i, part := range parts {
		safe[i] = url.PathEscape(part)
	}
	return fmt.Sprintf(format, safe...)
}

// withQuery sets one parameter of a path; its others keep their spelling.
func withQuery(path, name, value string) string {
	base, query, _ := strings.Cut(path, "?")
	kept := []string{}
	for _, part := range strings.Split(query, "&") {
		if key, _, _ := strings.Cut(part, "="); part != "" && !strings.EqualFold(key, name) {
			kept = append(kept, part)
		}
	}
	return base + "?" + strings.Join(append(kept, name+"="+value), "&")
}
