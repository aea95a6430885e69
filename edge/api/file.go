package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// file is an answer that is no JSON, and whole before it is sent.
type file struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// The media types of files.
const (
	typePDF  = "application/pdf"
	typeCSV  = "text/csv; charset=utf-8"
	typeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// fileResponse describes an answer with a file of one of some media types.
func fileResponse(types []string) *huma.Response {
	if slices.Contains(types, typeEvents) {
		return eventsResponse()
	}
	response := &huma.Response{Description: http.StatusText(http.StatusOK), Content: map[string]*huma.MediaType{}, Headers: map[string]*huma.Param{
		"Content-Disposition": {Description: "A name for the file.", Schema: &huma.Schema{Type: huma.TypeString}},
	}}
	for _, media := range types {
		response.Content[media] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary", Description: "The file as it is."}}
	}
	return response
}

// attachment names a file to be kept.
func attachment(name, ending string) string {
	name = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, name)
	return `attachment; filename="` + name + "." + ending + `"`
}
