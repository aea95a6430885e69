package prorata_test

import (
	"bufio"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
)

func TestHouse(t *testing.T) {
	sources, err := readSources(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, complaint := range inspect(sources) {
		t.Error(complaint)
	}
}

func TestEveryModuleHasItsReason(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(decisions, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	var reasons strings.Builder
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		reasons.Write(text)
	}
	for _, complaint := range checkReasons(string(mod), reasons.String()) {
		t.Error(complaint)
	}
}

// readSources reads the Go and SQL files of the module, by path with slashes.
func readSources(root string) (map[string]string, error) {
	sources := map[string]string{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != root {
			_, notOurs := os.Stat(filepath.Join(name, "go.mod"))
			if strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules" || notOurs == nil {
				return fs.SkipDir
			}
			return nil
		}
		if ext := filepath.Ext(name); ext != ".go" && ext != ".sql" {
			return nil
		}
		text, err := os.ReadFile(name)
		sources[filepath.ToSlash(name)] = string(text)
		return err
	})
	return sources, err
}

// inspection is a reading of the house: what was found wrong so far.
type inspection struct {
	files      *token.FileSet
	complaints []string
}

func (in *inspection) complain(at token.Pos, format string, args ...any) {
	in.complaints = append(in.complaints, fmt.Sprintf("%s: %s", in.files.Position(at), fmt.Sprintf(format, args...)))
}

// inspect gives every complaint about the sources, in the order of the files.
func inspect(sources map[string]string) []string {
	in := &inspection{files: token.NewFileSet()}
	names := make([]string, 0, len(sources))
	for name := range sources {
		names = append(names, name)
	}
	sort.Strings(names)
	packages := map[string][]*ast.File{}
	for _, name := range names {
		pkg := path.Dir(name)
		if strings.HasSuffix(name, ".sql") {
			in.checkSQLFile(name, pkg, sources[name])
			continue
		}
		f, err := parser.ParseFile(in.files, name, sources[name], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			in.complaints = append(in.complaints, err.Error())
			continue
		}
		in.checkPackageName(f, pkg)
		if strings.HasSuffix(name, "_test.go") {
			in.checkTest(f, pkg)
			continue
		}
		in.checkImports(f, pkg)
		in.checkNames(f, pkg)
		in.checkExact(f, pkg)
		in.checkTexts(f, pkg, sqlIn)
		in.checkFunctions(f)
		packages[pkg] = append(packages[pkg], f)
	}
	for _, name := range names {
		pkg := path.Dir(name)
		in.checkVariables(packages[pkg], pkg)
		delete(packages, pkg)
	}
	return in.complaints
}

func (in *inspection) checkPackageName(f *ast.File, pkg string) {
	name := strings.TrimSuffix(f.Name.Name, "_test")
	for _, word := range append(strings.Split(pkg, "/"), name) {
		if matchAny(nameless, word) {
			in.complain(f.Name.Pos(), "a package named %s says nothing of what it is for", word)
			return
		}
	}
}

func (in *inspection) checkTest(f *ast.File, pkg string) {
	in.eachName(f, func(at token.Pos, name string) {
		for _, u := range inTests {
			if matchAny(u.names, name) {
				in.complain(at, "%s: %s", name, u.why)
			}
		}
	})
	in.checkTexts(f, pkg, sqlTestsIn)
}

func (in *inspection) checkImports(f *ast.File, pkg string) {
	may, ok := place(pkg)
	if !ok {
		in.complain(f.Name.Pos(), "%s: no place in the house; add a line for it", pkg)
		return
	}
	for _, spec := range f.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		imported = strings.TrimPrefix(imported, module+"/")
		if !matchAny(may, imported) {
			in.complain(spec.Pos(), "%s must not import %s", pkg, imported)
			continue
		}
		if spec.Name != nil && spec.Name.Name == "." {
			in.complain(spec.Pos(), "a dot import hides where a name comes from")
		}
		for _, n := range never {
			if match(n.imported, imported) && !matchAny(n.unless, pkg) {
				in.complain(spec.Pos(), "%s must not import %s: %s", pkg, imported, n.why)
			}
		}
	}
}

func (in *inspection) checkNames(f *ast.File, pkg string) {
	in.eachName(f, func(at token.Pos, name string) {
		for _, u := range unsaid {
			if matchAny(u.names, name) && !matchAny(u.unless, pkg) {
				in.complain(at, "%s: %s", name, u.why)
			}
		}
	})
}

// eachName visits every name of another package as its import path, a point
// and the name.
func (in *inspection) eachName(f *ast.File, visit func(at token.Pos, name string)) {
	imports := map[string]string{}
	for _, spec := range f.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		called := path.Base(imported)
		if spec.Name != nil {
			called = spec.Name.Name
		}
		imports[called] = imported
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := selector.X.(*ast.Ident); ok && imports[x.Name] != "" {
				visit(selector.Pos(), imports[x.Name]+"."+selector.Sel.Name)
			}
		}
		return true
	})
}

// checkExact refuses floating point, and in core also struct tags.
func (in *inspection) checkExact(f *ast.File, pkg string) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if floating.MatchString(n.Name) && matchAny(exact, pkg) {
				in.complain(n.Pos(), "%s: money and quantities are exact", n.Name)
			}
		case *ast.BasicLit:
			if n.Kind == token.FLOAT && strings.Contains(n.Value, ".") && matchAny(exact, pkg) {
				in.complain(n.Pos(), "%s: money and quantities are exact", n.Value)
			}
		case *ast.AssignStmt:
			for _, value := range n.Rhs {
				if literal, ok := value.(*ast.BasicLit); ok && n.Tok == token.DEFINE && literal.Kind == token.FLOAT && matchAny(exact, pkg) {
					in.complain(literal.Pos(), "%s makes a floating-point variable: money and quantities are exact", literal.Value)
				}
			}
		case *ast.Field:
			if n.Tag != nil && matchAny(constantIn, pkg) {
				in.complain(n.Pos(), "a struct tag in core: wire forms belong to the edge")
			}
		}
		return true
	})
}

// checkTexts looks into string literals for the languages that have one home.
func (in *inspection) checkTexts(f *ast.File, pkg, sqlHomes string) {
	ast.Inspect(f, func(n ast.Node) bool {
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(literal.Value)
		if err != nil {
			return true
		}
		if sql.MatchString(text) {
			if !matchAny(sqlHomes, pkg) {
				in.complain(literal.Pos(), "SQL outside %s", sqlHomes)
			} else if floatingSQL.MatchString(text) && matchAny(exact, pkg) {
				in.complain(literal.Pos(), "a floating-point column: money and quantities are exact")
			}
		}
		if test := strings.HasSuffix(in.files.Position(f.Pos()).Filename, "_test.go"); !test && html.MatchString(text) && !matchAny(htmlIn, pkg) {
			in.complain(literal.Pos(), "HTML outside %s", htmlIn)
		}
		return true
	})
}

func (in *inspection) checkSQLFile(name, pkg, text string) {
	if !matchAny("edge/store/...", pkg) {
		in.complaints = append(in.complaints, name+": SQL outside edge/store")
	}
	for i, line := range strings.Split(text, "\n") {
		statement, _, _ := strings.Cut(line, "--")
		if floatingSQL.MatchString(strings.ToUpper(statement)) {
			in.complaints = append(in.complaints, fmt.Sprintf("%s:%d: a floating-point column: money and quantities are exact", name, i+1))
		}
	}
}

func (in *inspection) checkFunctions(f *ast.File) {
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		from, to := in.files.Position(fn.Pos()), in.files.Position(fn.End())
		if lines := to.Line - from.Line + 1; lines > functionLinesMax && !ast.IsGenerated(f) {
			in.complain(fn.Pos(), "%s is %d lines; at most %d", fn.Name.Name, lines, functionLinesMax)
		}
		if fn.Recv == nil && fn.Name.Name == "init" {
			in.complain(fn.Pos(), "init: wire it in main, where it can be seen")
		}
	}
}

// checkVariables refuses package-level variables that change; in core, also
// those that could.
func (in *inspection) checkVariables(files []*ast.File, pkg string) {
	if len(files) == 0 {
		return
	}
	if matchAny(constantIn, pkg) {
		for _, f := range files {
			in.checkLiterals(f)
		}
	}
	uses := map[*ast.Ident]types.Object{}
	config := types.Config{Importer: noImports{}, Error: func(error) {}}
	checked, _ := config.Check(pkg, in.files, files, &types.Info{Uses: uses})
	changes := func(e ast.Expr) {
		name := base(e)
		if v, ok := uses[name].(*types.Var); ok && v.Parent() == checked.Scope() {
			in.complain(e.Pos(), "%s is a package-level variable and does not change", name.Name)
		}
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			for _, e := range changed(n) {
				changes(e)
			}
			if address, ok := n.(*ast.UnaryExpr); ok && address.Op == token.AND && matchAny(constantIn, pkg) {
				changes(address.X)
			}
			return true
		})
	}
}

// checkLiterals wants every package-level variable to be an error or a literal.
func (in *inspection) checkLiterals(f *ast.File) {
	for _, d := range f.Decls {
		group, ok := d.(*ast.GenDecl)
		if !ok || group.Tok != token.VAR {
			continue
		}
		for _, s := range group.Specs {
			spec := s.(*ast.ValueSpec)
			for i, name := range spec.Names {
				if name.Name != "_" && (i >= len(spec.Values) || !literal(spec.Values[i])) {
					in.complain(name.Pos(), "%s: a package-level variable in core is an error or a literal", name.Name)
				}
			}
		}
	}
}

func literal(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit, *ast.CompositeLit:
		return true
	case *ast.ParenExpr:
		return literal(e.X)
	case *ast.UnaryExpr:
		return e.Op != token.AND && literal(e.X)
	case *ast.BinaryExpr:
		return literal(e.X) && literal(e.Y)
	case *ast.CallExpr:
		called := types.ExprString(e.Fun)
		return called == "errors.New" || called == "fmt.Errorf"
	}
	return false
}

// changed gives the expressions whose value the node may change.
func changed(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	case *ast.CallExpr:
		called := types.ExprString(n.Fun)
		if len(n.Args) > 0 && (matchAny("delete clear copy maps.Copy maps.DeleteFunc slices.Reverse", called) ||
			strings.HasPrefix(called, "slices.Sort") || strings.HasPrefix(called, "sort.")) {
			return n.Args[:1]
		}
	}
	return nil
}

// base is the variable that an expression is a part of, or nil.
func base(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.ParenExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// noImports leaves other packages unknown: whose variable a name is can be told
// without them.
type noImports struct{}

func (noImports) Import(string) (*types.Package, error) { return nil, errors.New("not looked at") }

// checkReasons wants every module that go.mod requires directly to be named
// where the decisions are.
func checkReasons(mod, reasons string) (complaints []string) {
	block := false
	for lines := bufio.NewScanner(strings.NewReader(mod)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		words := strings.Fields(strings.TrimPrefix(line, "require "))
		switch {
		case line == "require (":
			block = true
		case line == ")":
			block = false
		case (block || strings.HasPrefix(line, "require ")) && len(words) > 1 && !strings.Contains(line, "// indirect"):
			if !strings.Contains(reasons, words[0]) {
				complaints = append(complaints, "go.mod: "+words[0]+" is not in "+decisions+": say why it, and what else was looked at")
			}
		}
	}
	return complaints
}

func place(pkg string) (may string, ok bool) {
	for _, line := range house {
		if match(line.packages, pkg) {
			return line.may, true
		}
	}
	return "", false
}

func matchAny(patterns, p string) bool {
	for _, pattern := range strings.Fields(patterns) {
		if match(pattern, p) {
			return true
		}
	}
	return false
}

func match(pattern, p string) bool {
	if pattern == "std" {
		first, _, _ := strings.Cut(p, "/")
		return !strings.Contains(first, ".") && !matchAny(ours, first)
	}
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return p == base || strings.HasPrefix(p, base+"/")
	}
	return p == pattern
}
