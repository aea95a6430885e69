package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"prorata/flow"
)

// settings finds the value of a flag that was not given: in the environment as
// PRORATA_NAME, then in the settings file, and remembers where it was.
type settings struct {
	environment func(string) string
	file        string
	values      map[string]fileValue
	used        map[string]string
}

type fileValue struct {
	text string
	line int
}

func newSettings(environment func(string) string) *settings {
	return &settings{environment: environment, values: map[string]fileValue{}, used: map[string]string{}}
}

// variable is the environment's name for a flag.
func variable(flag string) string {
	return "PRORATA_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// helpWithVariable shows a flag's variable in its help.
func helpWithVariable(value *kong.Value) string {
	if value.Flag == nil || value.Name == "help" {
		return value.Help
	}
	return value.Help + " ($" + variable(value.Name) + ")"
}

// Validate has nothing to check: values are checked as flags are.
func (s *settings) Validate(*kong.Application) error { return nil }

// Resolve gives a flag its value from the environment or the file.
func (s *settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	name := flag.Name
	if text := s.environment(variable(name)); text != "" {
		s.used[name] = "$" + variable(name)
		return text, nil
	}
	if value, ok := s.values[name]; ok {
		s.used[name] = fmt.Sprintf("%s:%d", s.file, value.line)
		return value.text, nil
	}
	return nil, nil
}

// readFile reads the file that --config or PRORATA_CONFIG names, before the
// flags are parsed.
func (s *settings) readFile(args []string) (err error) {
	s.file = s.environment(variable("config"))
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, "--config="); ok {
			s.file = value
		} else if arg == "--config" && i+1 < len(args) {
			s.file = args[i+1]
		}
	}
	if s.file == "" {
		return nil
	}
	file, err := os.Open(s.file)
	if err != nil {
		return fmt.Errorf("%w: settings file: %w", flow.ErrInput, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	scanner := bufio.NewScanner(file)
	for line := 1; scanner.Scan(); line++ {
		text := strings.TrimSpace(scanner.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		name, value, ok := strings.Cut(text, "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return fmt.Errorf("%w: %s:%d: expected 'name = value'", flow.ErrInput, s.file, line)
		}
		s.values[name] = fileValue{strings.TrimSpace(value), line}
	}
	return scanner.Err()
}

// unknown is the first name in the file that no flag of the program has.
func (s *settings) unknown(known map[string]bool) error {
	first, line := "", 0
	for name, value := range s.values {
		if !known[name] && (line == 0 || value.line < line) {
			first, line = name, value.line
		}
	}
	if line > 0 {
		return fmt.Errorf("%w: %s:%d: %s is not a setting (see prorata config)", flow.ErrInput, s.file, line, first)
	}
	return nil
}

// place puts before an error of a flag where its value comes from, where that is
// not the command line.
func (s *settings) place(err error) error {
	flag, ok := strings.CutPrefix(err.Error(), "--")
	end := strings.IndexAny(flag, ": ")
	if !ok || end < 0 || s.used[flag[:end]] == "" {
		return err
	}
	return fmt.Errorf("%s: %w", s.used[flag[:end]], err)
}

// configCommand prints the settings that all commands share.
type configCommand struct {
	JSON bool `help:"Print one JSON object."`
}

// Run prints name, value and source of each.
func (c *configCommand) Run(w *world, parsed *kong.Context) error {
	type setting struct {
		Name   string `json:"name"`
		Value  string `json:"value"`
		Source string `json:"source"`
	}
	var list []setting
	given := map[string]bool{}
	for _, path := range parsed.Path {
		if path.Flag != nil && !path.Resolved {
			given[path.Flag.Name] = true
		}
	}
	for _, flag := range w.parser.Model.Flags {
		if flag.Name == "help" {
			continue
		}
		source := "default"
		if from, ok := w.sources.used[flag.Name]; ok {
			source = from
		}
		if given[flag.Name] {
			source = "--" + flag.Name
		}
		list = append(list, setting{flag.Name, hidePassword(fmt.Sprint(parsed.FlagValue(flag))), source})
	}
	if c.JSON {
		return w.printJSON(map[string]any{"settings": list})
	}
	rows := [][]string{{"setting", "value", "from"}}
	for _, s := range list {
		rows = append(rows, []string{s.Name, s.Value, s.Source})
	}
	w.table(rows, nil)
	return nil
}

func collectFlags(node *kong.Node, known map[string]bool) {
	for _, flag := range node.Flags {
		known[flag.Name] = true
	}
	for _, child := range node.Children {
		collectFlags(child, known)
	}
}

// hidePassword leaves a password out of a database's address.
func hidePassword(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	user, host, ok := strings.Cut(rest, "@")
	if !ok {
		return address
	}
	name, _, _ := strings.Cut(user, ":")
	if name == user {
		return address
	}
	return scheme + "://" + name + ":…@" + host
}
