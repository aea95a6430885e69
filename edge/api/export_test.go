package api

import (
	"net/http/httptest"
	"strings"
)

// DigestForTest is the digest of a request with a JSON body.
func DigestForTest(method, path, body string) string {
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	digest, err := digestOf(request)
	if err != nil {
		panic(err)
	}
	return digest
}
