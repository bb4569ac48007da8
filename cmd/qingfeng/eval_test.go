package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qingfeng/bot/pg/pgtest"
)

func TestMetricsAreWhatTheirNamesSay(t *testing.T) {
	var m measured
	relevant := map[string]float64{"a": 1, "b": 1}
	m.add([]string{"x", "a", "y"}, relevant, 10*time.Millisecond)         // second place, one of two
	m.add([]string{"a", "b"}, relevant, 20*time.Millisecond)              // perfect
	m.add(nil, relevant, 30*time.Millisecond)                             // nothing
	m.add(append(numbered(10), "b"), relevant, 40*time.Millisecond)       // one, beyond the tenth
	m.add([]string{"a"}, map[string]float64{"a": 1}, 50*time.Millisecond) // the only one
	got := m.metrics()
	second := (1 / math.Log2(3)) / (1 + 1/math.Log2(3))
	want := metrics{
		NDCG: (second + 1 + 1) / 5, MRR: (0.5 + 1 + 1) / 5,
		Recall1: (0 + 0.5 + 1) / 5, Recall5: (0.5 + 1 + 1) / 5, Recall10: (0.5 + 1 + 1) / 5,
		Recall50: (0.5 + 1 + 0.5 + 1) / 5, Recall100: (0.5 + 1 + 0.5 + 1) / 5, P50: 30, P95: 50, Queries: 5,
	}
	want.NDCG = math.Round(want.NDCG*1e4) / 1e4
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func numbered(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprint(i))
	}
	return out
}

// labelledFiles writes the three files of a measurement.
func labelledFiles(t *testing.T, corpus, queries, qrels string) (args []string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"corpus": corpus, "queries": queries, "qrels": qrels} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--"+name, path)
	}
	return args
}

const (
	goodCorpus = "\uFEFF" + `{"id":"1","title":"接待办法第一条","text":"公务接待应当凭公函。","path":"第一章 总则"}
{"id":"2","title":"接待办法第二条","text":"接待标准为每人每餐五十元。","path":["第一章 总则","第一节 标准"]}

{"id":3,"title":"车辆办法","text":"公务车辆节假日封存停驶。"}
`
	goodQueries = `{"id":"q1","text":"接待标准是多少"}` + "\r\n" + `{"id":"q2","text":"节假日能用公务车辆吗"}` + "\n" + `{"id":"q3","text":"没有标注的问题"}`
	goodQrels   = "q1\t2\t1\nq2\t3\t1\nq2\t1\t0\nq1\tlost\t1\n"
)

func TestABadLineIsNamed(t *testing.T) {
	s := &shell{t: t, vars: map[string]string{"QINGFENG_DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}}
	for _, c := range []struct {
		corpus, queries, qrels string
		want                   string
	}{
		{goodCorpus + "{\n", goodQueries, goodQrels, "corpus 第5行：不是一个完整的 JSON 对象"},
		{goodCorpus + `{"title":"甲","text":"乙"}`, goodQueries, goodQrels, "corpus 第5行：缺少 id"},
		{goodCorpus + `{"id":"4","title":"甲"}`, goodQueries, goodQrels, "corpus 第5行：缺少 text"},
		{goodCorpus + `{"id":"2","title":"甲","text":"乙"}`, goodQueries, goodQrels, "corpus 第5行：编号 2 前面已经出现过"},
		{goodCorpus + `{"id":"4","title":"甲","text":"乙","path":7}`, goodQueries, goodQrels, "corpus 第5行：不是一个完整的 JSON 对象（path 应是"},
		{"", goodQueries, goodQrels, "corpus 是空的"},
		{goodCorpus, `{"id":"q1"}`, goodQrels, "queries 第1行：缺少 text"},
		{goodCorpus, goodQueries, "q1 2 1\n", "qrels 第1行：应有三列"},
		{goodCorpus, goodQueries, "q1\t2\t1\nq2\t3\tyes\n", "qrels 第2行：相关程度“yes”不是数字"},
		{goodCorpus, goodQueries, "q9\t2\t1\n", "qrels 第1行：问题文件里没有编号为 q9 的问题"},
		{goodCorpus, goodQueries, "q1\t2\t0\n", "没有一个问题带有相关条文"},
	} {
		s.fails(c.want, append([]string{"eval", "retrieval"}, labelledFiles(t, c.corpus, c.queries, c.qrels)...)...)
	}
	s.fails("不认识“people”", "eval", "people")
}

func TestEvalRetrievalMeasuresInADatabaseOfItsOwn(t *testing.T) {
	address := pgtest.URL(t)
	s := &shell{t: t, vars: map[string]string{"QINGFENG_DATABASE_URL": address}}
	long := strings.Repeat("本行为一段很长的说明文字，与所问的事情没有什么关系。", 40) + "逾期未报的由纪检组约谈。"
	corpus := goodCorpus + `{"id":"4","title":"关于报送的通知","text":"` + long + `"}` + "\n" + `{"id":"5","title":"关于报送的通知（2020）","text":"另一份通知。"}` + "\n" +
		`{"id":"6","title":"同文异名","text":"公务车辆节假日封存停驶。"}`
	queries := goodQueries + "\n" + `{"id":"q4","text":"逾期未报由谁约谈"}` + "\n" + `{"id":"q5","text":"另一份通知"}`
	qrels := goodQrels + "q4\t4\t2\nq5\t5\t1\nq2\t6\t1\n"
	for _, more := range [][]string{{"--json"}, {"--json", "--sql", "--exact-sample", "3"}} {
		a := s.ok(append(append([]string{"eval", "retrieval"}, labelledFiles(t, corpus, queries, qrels)...), more...)...)
		var got map[string]float64
		if err := json.Unmarshal([]byte(a.out), &got); err != nil {
			t.Fatalf("%v: %s", err, a.out)
		}
		keys := slices.Sorted(maps.Keys(got))
		want := strings.Fields("mrr@10 ms_p50 ms_p95 ndcg@10 queries recall@1 recall@10 recall@100 recall@5 recall@50")
		if !slices.Equal(keys, want) {
			t.Errorf("keys %q", keys)
		}
		// q1's second row is not in the corpus: half of it is lost for good.
		if got["queries"] != 4 || got["mrr@10"] != 1 || got["recall@10"] != 0.875 || got["ms_p95"] <= 0 {
			t.Errorf("%v: %v", more, got)
		}
		if !strings.Contains(a.err, "入库") || !strings.Contains(a.err, "100%") || !strings.Contains(a.err, "1 条相关条文不在条文文件里") {
			t.Errorf("stderr %q", a.err)
		}
	}
	if out := s.ok(append([]string{"eval", "retrieval"}, labelledFiles(t, corpus, queries, qrels)...)...).out; !strings.Contains(out, "mrr@10       1.0000") {
		t.Errorf("for people: %s", out)
	}
	var left, documents int
	db := pgtest.Open(t, address)
	err := db.Pool().QueryRow(t.Context(), "SELECT (SELECT count(*) FROM pg_database WHERE starts_with(datname, $1)), (SELECT count(*) FROM document)", evalPrefix).Scan(&left, &documents)
	if err != nil || left != 0 || documents != 0 {
		t.Errorf("%d databases and %d documents are left, %v", left, documents, err)
	}
}
