package text_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

const root = "../.."

// mayHoldChinese are the places outside the catalogue whose Go code may hold Chinese:
// data, the simulator's own texts, and tests.
func mayHoldChinese(path string) bool {
	return strings.HasSuffix(path, "_test.go") ||
		strings.HasPrefix(path, "bot/text/") ||
		path == "bot/risk/types.go" || // the power tags are stored as the roster writes them
		strings.HasPrefix(path, "bot/wecom/wecomsim/") || // a peer, not ours
		strings.HasPrefix(path, "knowledge/") || // patterns of documents and questions; what is said about them is not there
		strings.HasPrefix(path, "cmd/qingfeng/story") || // a script that people act out
		strings.HasPrefix(path, "bot/convo/convotest/")
}

func goFiles(t *testing.T, each func(path string, file *ast.File, set *token.FileSet)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && strings.HasPrefix(e.Name(), ".") && path != root {
			return filepath.SkipDir
		}
		if e.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		each(filepath.ToSlash(rel), file, set)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestChineseStandsInTheCatalogueOnly(t *testing.T) {
	goFiles(t, func(path string, file *ast.File, set *token.FileSet) {
		if mayHoldChinese(path) {
			return
		}
		tags := map[*ast.BasicLit]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			if f, ok := n.(*ast.Field); ok && f.Tag != nil {
				tags[f.Tag] = true
			}
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING && lit.Kind != token.CHAR || tags[lit] {
				return true
			}
			if strings.ContainsFunc(lit.Value, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				t.Errorf("%s:%d: %s belongs in bot/text", path, set.Position(lit.Pos()).Line, lit.Value)
			}
			return true
		})
	})
}

func TestEverySentenceIsSaidBySomebodyAndFitsOneMessage(t *testing.T) {
	declared := map[string]string{} // name → value
	used := map[string]bool{}
	goFiles(t, func(path string, file *ast.File, _ *token.FileSet) {
		if strings.HasPrefix(path, "bot/text/") && !strings.HasSuffix(path, "_test.go") {
			for _, d := range file.Decls {
				g, ok := d.(*ast.GenDecl)
				if !ok || g.Tok != token.CONST {
					continue
				}
				for _, s := range g.Specs {
					v := s.(*ast.ValueSpec)
					for i, name := range v.Names {
						value := ""
						if i < len(v.Values) {
							if lit, ok := v.Values[i].(*ast.BasicLit); ok {
								value, _ = strconv.Unquote(lit.Value)
							}
						}
						declared[name.Name] = value
					}
				}
			}
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok {
					ast.Inspect(f, func(n ast.Node) bool {
						if id, ok := n.(*ast.Ident); ok {
							used[id.Name] = true
						}
						return true
					})
				}
			}
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "text" {
					used[sel.Sel.Name] = true
				}
			}
			return true
		})
	})
	if len(declared) < 100 {
		t.Fatalf("only %d sentences found: is this still the catalogue?", len(declared))
	}
	for name, value := range declared {
		if !used[name] {
			t.Errorf("nobody says text.%s (%s)", name, value)
		}
		if len(value) > 2048 {
			t.Errorf("text.%s is %d bytes, more than one message", name, len(value))
		}
	}
}
