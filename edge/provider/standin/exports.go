package standin

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// export is one asynchronous export of lines on Microsoft Graph. What it holds is
// what there was when it was asked for.
type export struct {
	id        string
	createdAt time.Time
	looks     int
	// blobs are the compressed files; none where there was nothing.
	blobs     []exportBlob
	stamp     string
	basic     bool
	expiresAt time.Time
	signature string
}

type exportBlob struct {
	name string
	data []byte
}

const (
	exportPath   = "/v1.0/reports/partners/billing/"
	retrySeconds = "10"
)

// exportAsk is what an export is asked for.
type exportAsk struct {
	InvoiceID     string `json:"invoiceId"`
	CurrencyCode  string `json:"currencyCode"`
	BillingPeriod string `json:"billingPeriod"`
	AttributeSet  string `json:"attributeSet"`
}

func refuseAsk(what string, args ...any) *answer {
	return refuseOther(http.StatusBadRequest, "BadRequest", fmt.Sprintf(what, args...))
}

// startExport takes the order for an export and says where to look for it.
func (b *billing) startExport(c *call) *answer {
	noun, billed := c.path("noun"), c.path("billed")
	if noun != "reconciliation" && noun != "usage" || billed != "billed" && billed != "unbilled" {
		return refuseOther(http.StatusNotFound, "ResourceNotFound", "There is no export of "+billed+" "+noun+".")
	}
	var ask exportAsk
	if no := c.read(&ask); no != nil {
		return refuseAsk("The body is not the expected JSON.")
	}
	if ask.AttributeSet == "" {
		ask.AttributeSet = "full"
	}
	if ask.AttributeSet != "full" && ask.AttributeSet != "basic" {
		return refuseAsk("attributeSet %q: expected full or basic.", ask.AttributeSet)
	}
	var lines []reconLine
	var records []usageRecord
	if billed == "billed" {
		if ask.InvoiceID == "" {
			return refuseAsk("invoiceId is missing.")
		}
		if i := b.invoice(ask.InvoiceID); i != nil {
			lines, records = i.lines, i.usage
		}
	} else {
		if ask.BillingPeriod != "current" && ask.BillingPeriod != "last" {
			return refuseAsk("billingPeriod %q: expected current or last.", ask.BillingPeriod)
		}
		if strings.EqualFold(ask.CurrencyCode, b.world.set.Partner.Currency) {
			lines, records = b.unbilled(ask.BillingPeriod == "last")
		}
	}
	e := &export{id: b.world.newID(), createdAt: b.world.now, basic: ask.AttributeSet == "basic", expiresAt: b.world.now.Add(b.switches.LinksLast)}
	as := spelling{basic: e.basic, numbersAsStrings: b.switches.NumbersAsStrings}
	if noun == "usage" {
		fillExport(e, b.switches.BlobLines, usageColumns(), records, as)
	} else {
		fillExport(e, b.switches.BlobLines, reconColumns(), lines, as)
	}
	e.signature = b.world.newHex(32)
	b.exports[e.id] = e
	return empty(http.StatusAccepted).with("Location", c.address+exportPath+"operations/"+e.id).with("Retry-After", retrySeconds)
}

// fillExport writes the lines into files.
func fillExport[T any](e *export, blobLines int, columns []column[T], lines []T, as spelling) {
	whole := sha256.New()
	for from := 0; from < len(lines); from += blobLines {
		var data bytes.Buffer
		zip := gzip.NewWriter(&data)
		for n := from; n < min(len(lines), from+blobLines); n++ {
			row := append(writeLine(columns, &lines[n], as, ""), '\n')
			whole.Write(row)
			if _, err := zip.Write(row); err != nil {
				panic(err) // a buffer takes everything
			}
		}
		if err := zip.Close(); err != nil {
			panic(err) // a buffer takes everything
		}
		e.blobs = append(e.blobs, exportBlob{fmt.Sprintf("part-%05d-%s.c000.json.gz", len(e.blobs), guidOf(e.id, strconv.Itoa(from))), data.Bytes()})
	}
	e.stamp = strings.ToUpper(hex.EncodeToString(whole.Sum(nil)[:8]))
}

func (b *billing) exportOf(c *call) (*export, *answer) {
	e := b.exports[c.path("export")]
	if e == nil {
		return nil, refuseOther(http.StatusNotFound, "ResourceNotFound", "There is no such export.")
	}
	if !b.world.now.Before(e.expiresAt) {
		return nil, refuseOther(http.StatusGone, "Gone", "The export's files are no longer there; ask for it again.")
	}
	return e, nil
}

// exportState says how far an export is; each look brings it on.
func (b *billing) exportState(c *call) *answer {
	e, no := b.exportOf(c)
	if no != nil {
		return no
	}
	e.looks++
	o := object{"id": e.id, "createdDateTime": stamp(e.createdAt), "lastActionDateTime": stamp(b.world.now)}
	switch {
	case e.looks <= b.switches.Polls:
		o["@odata.type"], o["status"] = "#microsoft.graph.partners.billing.runningOperation", "running"
		if e.looks == 1 {
			o["status"] = "notStarted"
		}
		return ok(o).with("Retry-After", retrySeconds)
	case len(e.blobs) == 0:
		o["@odata.type"], o["status"] = "#microsoft.graph.partners.billing.failedOperation", "failed"
		o["error"] = object{"code": "5000", "message": "No data available"}
		return ok(o)
	}
	o["@odata.type"], o["status"] = "#microsoft.graph.partners.billing.exportSuccessOperation", "succeeded"
	place := c.address + exportPath + "manifests/" + e.id
	switch b.switches.Manifest {
	case ManifestLink:
		o["resourceLocation@odata.navigationLink"] = place
	case ManifestText:
		o["resourceLocation"] = place
	case ManifestInline:
		o["resourceLocation"] = b.manifest(c, e)
	}
	return ok(o)
}

func (b *billing) exportManifest(c *call) *answer {
	e, no := b.exportOf(c)
	if no != nil {
		return no
	}
	return ok(b.manifest(c, e))
}

// manifest names an export's files and the pass to them.
func (b *billing) manifest(c *call, e *export) object {
	blobs := make([]object, 0, len(e.blobs))
	for _, one := range e.blobs {
		blobs = append(blobs, object{"name": one.name, "partitionValue": "default"})
	}
	pass := url.Values{"sv": {"2021-08-06"}, "sr": {"d"}, "sp": {"rl"}, "se": {e.expiresAt.UTC().Format(time.RFC3339)}, "sig": {e.signature}}
	return object{
		"id": e.id, "schemaVersion": "2", "dataFormat": "compressedJSON", "createdDateTime": stamp(e.createdAt), "eTag": e.stamp,
		"partnerTenantId": b.world.set.Partner.Tenant, "rootDirectory": c.address + "/blobs/billing/" + e.id + "/files", "sasToken": pass.Encode(),
		"partitionType": "default", "blobCount": len(blobs), "blobs": blobs,
	}
}

// blob is one file of an export, from a storage that knows the pass alone and
// takes no other credentials.
func (b *billing) blob(c *call) *answer {
	e := b.exports[c.path("export")]
	switch {
	case e == nil:
		return storageRefusal(http.StatusNotFound, "ContainerNotFound")
	case c.r.Header.Get("Authorization") != "", c.query("sig") != e.signature:
		return storageRefusal(http.StatusForbidden, "AuthenticationFailed")
	case !b.world.now.Before(e.expiresAt):
		return storageRefusal(http.StatusGone, "AuthenticationFailed")
	}
	for _, one := range e.blobs {
		if one.name != c.path("blob") {
			continue
		}
		data := one.data
		if b.switches.TruncatedBlobs > 0 {
			b.switches.TruncatedBlobs--
			data = data[:len(data)/2]
		}
		return &answer{status: http.StatusOK, kind: "application/octet-stream", raw: data}
	}
	return storageRefusal(http.StatusNotFound, "BlobNotFound")
}

// storageRefusal is how blob storage says no.
func storageRefusal(status int, code string) *answer {
	return &answer{status: status, kind: "application/xml", raw: []byte(`<?xml version="1.0" encoding="utf-8"?><Error><Code>` + code + `</Code></Error>`)}
}
