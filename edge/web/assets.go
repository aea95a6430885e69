package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// One style sheet for each component, and the scripts as modules.
//
//go:embed static
var static embed.FS

// assets are the files of this version, under a path that names their sum: a browser
// keeps them for good and asks again when one of them changed.
type assets struct {
	path  string
	files map[string][]byte
}

func readAssets() *assets {
	a := &assets{files: map[string][]byte{}}
	sum := sha256.New()
	var style bytes.Buffer
	// The files are in the program: they cannot be missing, and come in order of their names.
	err := fs.WalkDir(static, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := static.ReadFile(name)
		if err != nil {
			return err
		}
		sum.Write(text)
		if strings.HasSuffix(name, ".css") {
			style.Write(text)
			style.WriteByte('\n')
		} else {
			a.files[path.Base(name)] = text
		}
		return nil
	})
	if err != nil {
		panic("the program's own files: " + err.Error())
	}
	a.files["prorata.css"] = style.Bytes()
	a.path = "/assets/" + hex.EncodeToString(sum.Sum(nil)[:6])
	return a
}

// ServeHTTP gives a file.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	text, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(text))
}
