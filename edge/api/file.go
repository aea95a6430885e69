package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// file is an answer that is no JSON.
type file struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// typePDF is the media type of documents.
const typePDF = "application/pdf"

// fileResponse describes an answer of a media type.
func fileResponse(media string) *huma.Response {
	if media == typeEvents {
		return eventsResponse()
	}
	return &huma.Response{
		Description: http.StatusText(http.StatusOK),
		Content:     map[string]*huma.MediaType{media: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary", Description: "The file as it is."}}},
	}
}
