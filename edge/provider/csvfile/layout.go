package csvfile

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed layouts/*.yaml
var layouts embed.FS

// Layouts are the names of the mappings that come with the program: examples of
// how distributors' exports are laid out, to be copied and edited.
func Layouts() []string {
	entries, err := layouts.ReadDir("layouts")
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// Layout is the text of one of them.
func Layout(name string) ([]byte, error) {
	data, err := layouts.ReadFile("layouts/" + name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("layout %s is not known (expected one of %s)", quote(name), strings.Join(Layouts(), ", "))
	}
	return data, nil
}
