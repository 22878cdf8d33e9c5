package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/jba/templatecheck"

	"care/modules"
	"care/server/app"
	"care/templates"
)

// shared modules may be used by every module; feature modules may not use one another.
var shared = []string{"audit", "identity", "ledger", "documents", "network", "mail", "moduletest"}

type source struct {
	path string // from the root: "modules/ledger/store.go"
	pkg  string // "modules/ledger"
	test bool
	file *ast.File
	set  *token.FileSet
}

// sources reads every Go file itself: a list made by the go command would be answered from the test cache and miss a new violation.
func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "data" || d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == "tmpdeps") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel := strings.TrimPrefix(filepath.ToSlash(path), "../")
		out = append(out, source{path: rel, pkg: filepath.ToSlash(filepath.Dir(rel)), test: strings.HasSuffix(rel, "_test.go"), file: f, set: set})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 50 {
		t.Fatalf("only %d Go files found: the walk is wrong", len(out))
	}
	return out
}

func (s source) at(p token.Pos) string {
	return fmt.Sprintf("%s:%d", s.path, s.set.Position(p).Line)
}

func (s source) base() string { return filepath.Base(s.path) }

// tool tells sources that are no part of the platform: test servers, benchmarks, foundations of tests.
func (s source) tool() bool {
	return s.test || strings.HasPrefix(s.pkg, "server/testenv") || strings.HasPrefix(s.pkg, "server/bench") || s.pkg == "server/db/dbtest" || s.pkg == "modules/moduletest" || s.pkg == "media/mediatest"
}

func TestRuleImportsFollowTheMap(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, imp := range s.file.Imports {
			dep, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if why := forbiddenImport(s, dep); why != "" {
				t.Errorf("%s imports %s: %s", s.at(imp.Pos()), dep, why)
			}
		}
	}
}

func forbiddenImport(s source, dep string) string {
	own, isOurs := strings.CutPrefix(dep, "care/")
	feature := func(pkg string) string {
		m, ok := strings.CutPrefix(pkg, "modules/")
		if !ok {
			return ""
		}
		m, _, _ = strings.Cut(m, "/")
		if slices.Contains(shared, m) {
			return ""
		}
		return m
	}
	main := s.pkg == "server" || strings.HasPrefix(s.pkg, "server/bench")
	switch {
	case isOurs && strings.HasPrefix(s.pkg, "modules/") && feature(own) != "" && feature(own) != feature(s.pkg):
		return "modules meet through shared modules, a small interface, or queued work"
	case isOurs && strings.HasPrefix(s.pkg, "server/") && !main && !strings.HasPrefix(s.pkg, "server/testenv") && (strings.HasPrefix(own, "modules/") || own == "media"):
		return "the frame does not know the modules"
	case isOurs && s.pkg != "server/app" && !main && s.pkg != "modules" && own == "modules" && !strings.HasPrefix(s.pkg, "modules/") && s.pkg != "media":
		return "only modules and the app know what a module is"
	case isOurs && strings.HasPrefix(s.pkg, "templates") && !strings.HasPrefix(own, "templates") && own != "server/money":
		return "templates know nobody"
	case dep == "github.com/labstack/echo/v4" && !slices.Contains([]string{"server/web", "server/app"}, s.pkg) && !strings.HasPrefix(s.base(), "http") && s.base() != "module.go" && !s.tool():
		return "echo stays in http.go, module.go, server/web and server/app, so that the next version is a mechanical change"
	case dep == "math/rand":
		return "use crypto/rand for secrets, math/rand/v2 for waiting times"
	case dep == "math/rand/v2" && s.pkg != "server/db" && !s.tool():
		return "nothing here needs luck"
	}
	return ""
}

// forbiddenCalls maps what may not be written to why, and to where it may.
var forbiddenCalls = []struct {
	name, why string
	allowed   func(s source) bool
}{
	{"time.Now", "time comes from the act or from server/clock", func(s source) bool { return s.pkg == "server/clock" || s.tool() }},
	{"os.Getenv", "only server/config.go reads the environment", func(s source) bool { return s.path == "server/config.go" || s.tool() }},
	{"context.Background", "a context comes from the caller", func(s source) bool { return s.path == "server/main.go" || s.tool() }},
	{"http.DefaultClient", "a client needs its own time-outs", func(s source) bool { return s.tool() }},
	{"fmt.Print", "the log or an answer", func(s source) bool { return s.tool() }},
	{"fmt.Println", "the log or an answer", func(s source) bool { return s.tool() }},
	{"fmt.Printf", "the log or an answer", func(s source) bool { return s.tool() }},
	{"template.HTML", "what people write is escaped", func(s source) bool { return false }},
	{"template.JS", "what people write is escaped", func(s source) bool { return false }},
	{"template.URL", "what people write is escaped", func(s source) bool { return false }},
}

// forbiddenMethods are names after a dot, whatever stands before it.
var forbiddenMethods = map[string]struct {
	why     string
	allowed func(s source) bool
}{
	"RunInTx": {"every write passes audit.Trail.Do", func(s source) bool { return s.pkg == "server/db" || s.tool() }},
	"InTx":    {"every write passes audit.Trail.Do", func(s source) bool { return s.path == "modules/audit/service.go" || s.tool() }},
	"WhereOr": {"bun writes it without brackets: (owner = 1) AND (state = 'a') OR (state = 'b')", func(source) bool { return false }},
	"For":     {"bun prints FOR UPDATE for SQLite too, where it is a syntax error", func(s source) bool { return s.tool() }},
	"Postgres": {"only server/db and server/queue know the dialect", func(s source) bool {
		return s.pkg == "server/db" || s.pkg == "server/queue" || s.tool()
	}},
}

var sqlMethods = map[string]bool{"NewInsert": true, "NewUpdate": true, "NewDelete": true, "NewSelect": true, "NewRaw": true, "ExecContext": true, "QueryContext": true, "QueryRowContext": true}

func TestRuleForbiddenWordsAreNotWritten(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok {
					for _, f := range forbiddenCalls {
						if x.Name+"."+n.Sel.Name == f.name && !f.allowed(s) {
							t.Errorf("%s: %s: %s", s.at(n.Pos()), f.name, f.why)
						}
					}
				}
				if f, bad := forbiddenMethods[n.Sel.Name]; bad && !f.allowed(s) {
					t.Errorf("%s: .%s: %s", s.at(n.Pos()), n.Sel.Name, f.why)
				}
				if sqlMethods[n.Sel.Name] && !strings.HasPrefix(s.base(), "store") && !strings.HasPrefix(s.pkg, "server/") && !s.tool() {
					t.Errorf("%s: .%s: SQL stands in store.go only", s.at(n.Pos()), n.Sel.Name)
				}
			case *ast.FuncDecl:
				if n.Name.Name == "init" && n.Recv == nil {
					t.Errorf("%s: func init: what happens at start is seen in server/modules.go", s.at(n.Pos()))
				}
			case *ast.GoStmt:
				if s.pkg != "server/app" && s.pkg != "server/queue" && !s.tool() {
					t.Errorf("%s: go: goroutines live in server/app and server/queue, where somebody waits for them", s.at(n.Pos()))
				}
			case *ast.Ident:
				if (n.Name == "float64" || n.Name == "float32") && (s.pkg == "server/money" || strings.HasPrefix(s.pkg, "modules/")) && !s.tool() {
					t.Errorf("%s: %s beside money", s.at(n.Pos()), n.Name)
				}
			case *ast.CallExpr:
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Writer" && len(n.Args) == 0 && !strings.HasPrefix(s.pkg, "server/") && !s.tool() {
					t.Errorf("%s: .Writer(): every write passes audit.Trail.Do", s.at(n.Pos()))
				}
				if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "panic" && !s.tool() && s.path != "server/app/app.go" && s.path != "server/web/migrations.go" {
					t.Errorf("%s: panic outside start-up", s.at(n.Pos()))
				}
			}
			return true
		})
	}
}

func TestRuleChineseStandsInItsPlaces(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		base := s.base()
		if s.tool() || strings.HasPrefix(base, "words") || strings.HasPrefix(base, "seed") || base == "module.go" || strings.HasPrefix(s.pkg, "templates/pdf") || strings.HasPrefix(s.pkg, "templates/poster") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if ok && (lit.Kind == token.STRING || lit.Kind == token.CHAR) && strings.ContainsFunc(lit.Value, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				t.Errorf("%s: %s: Chinese for people stands in words.go", s.at(lit.Pos()), lit.Value)
			}
			return true
		})
	}
}

func TestRuleExportedNamesSayWhatTheyAreFor(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.tool() {
			continue
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
					t.Errorf("%s: %s has no comment", s.at(d.Pos()), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if ts, ok := spec.(*ast.TypeSpec); ok && ts.Name.IsExported() && d.Doc == nil && ts.Doc == nil {
						t.Errorf("%s: type %s has no comment", s.at(ts.Pos()), ts.Name.Name)
					}
				}
			}
		}
	}
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	x := d.Recv.List[0].Type
	if p, ok := x.(*ast.StarExpr); ok {
		x = p.X
	}
	id, ok := x.(*ast.Ident)
	return ok && id.IsExported()
}

// platform is the list of modules without anything behind it: enough for what they declare.
func platform() []modules.Module { return build(Kit{}).List }

var migrationName = regexp.MustCompile(`^(\d{14})_([a-z]+)_[a-z_0-9]+\.tx\.up\.sql$`)

func TestRuleMigrationsAreNamedOnceAndAfterTheirModule(t *testing.T) {
	t.Parallel()
	stamps := map[string]string{}
	mods := append([]modules.Module{{Name: "web", Migrations: app.Migrations(nil)[0]}}, platform()...)
	for _, m := range mods {
		if m.Migrations == nil {
			continue
		}
		names, err := fs.Glob(m.Migrations, "*")
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			parts := migrationName.FindStringSubmatch(n)
			if parts == nil || parts[2] != m.Name {
				t.Errorf("module %s: %s must be <14 digits>_%s_<what>.tx.up.sql", m.Name, n, m.Name)
				continue
			}
			if old := stamps[parts[1]]; old != "" {
				t.Errorf("%s and %s have one stamp: bun would silently drop one of them", n, old)
			}
			stamps[parts[1]] = n
			body, err := fs.ReadFile(m.Migrations, n)
			if err != nil {
				t.Fatal(err)
			}
			for _, tab := range regexp.MustCompile(`(?i)CREATE TABLE (\w+)`).FindAllStringSubmatch(string(body), -1) {
				if !strings.HasPrefix(tab[1], m.Name+"_") {
					t.Errorf("%s: table %s must begin with %s_", n, tab[1], m.Name)
				}
			}
		}
	}
}

func TestRulePagesFitTheirTemplates(t *testing.T) {
	t.Parallel()
	set, err := templates.Parse()
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, m := range platform() {
		for name, page := range m.Pages {
			named[name] = true
			tm := set.Page(name)
			if tm == nil {
				t.Errorf("module %s: there is no template %s", m.Name, name)
				continue
			}
			if err := templatecheck.CheckHTML(tm, page); err != nil {
				t.Errorf("module %s: %s: %v", m.Name, name, err)
			}
		}
	}
	for _, name := range set.Names() {
		if !named[name] {
			t.Errorf("templates/%s.html: no module shows this page", name)
		}
	}
}

var codeForm = regexp.MustCompile(`^[a-z]+(\.[a-z0-9_]+)+$`)

// A code that reaches a person must have its sentence.
func TestRuleEveryFaultHasItsSentence(t *testing.T) {
	t.Parallel()
	words, err := app.Words(platform())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sources(t) {
		if s.tool() {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains([]string{"New", "Wrap", "Need", "Add", "NotEarlier", "Done"}, sel.Sel.Name) {
				return true
			}
			for _, a := range call.Args {
				lit, ok := a.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					continue
				}
				code, err := strconv.Unquote(lit.Value)
				if err == nil && codeForm.MatchString(code) && words[code] == "" {
					t.Errorf("%s: the code %q has no Chinese sentence", s.at(lit.Pos()), code)
				}
			}
			return true
		})
	}
}

func TestRuleEveryActHasItsWord(t *testing.T) {
	t.Parallel()
	words, err := app.Words(platform())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sources(t) {
		if s.tool() {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			kv, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			key, ok := kv.Key.(*ast.Ident)
			lit, isLit := kv.Value.(*ast.BasicLit)
			if !ok || !isLit || key.Name != "Verb" || lit.Kind != token.STRING {
				return true
			}
			if verb, err := strconv.Unquote(lit.Value); err == nil && words[verb] == "" {
				t.Errorf("%s: the act %q has no word for the record's readers", s.at(lit.Pos()), verb)
			}
			return true
		})
	}
}

func TestRuleProjectSpeaksOfItselfAlone(t *testing.T) {
	t.Parallel()
	bad := regexp.MustCompile(`/work/|\.\./shared|proxy\.golang\.org|deb\.debian\.org|registry\.npmjs|\bTODO\b|\bFIXME\b`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "bin" || d.Name() == "data" || d.Name() == "fonts") {
			return filepath.SkipDir
		}
		switch filepath.Ext(path) {
		case ".go", ".md", ".html", ".css", ".sql", ".yaml", ".yml", ".sh", "":
		default:
			return nil
		}
		if d.IsDir() || strings.HasSuffix(path, "rules_test.go") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if m := bad.Find(b); m != nil {
			t.Errorf("%s: %q does not belong into the project", strings.TrimPrefix(path, "../"), m)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
