package clause

import "strings"

// A page of a government's site has a card of the document above its text: a table of
// 索引号, 文号, 发文机关, 有效性. It is about the document and no part of it.

// cardKeys are the names on such a card, and what the front matter calls them; empty:
// nobody asks for it.
var cardKeys = map[string]string{
	"索引号": "", "主题分类": "", "主题词": "", "公文种类": "", "文种": "", "体裁分类": "", "组配分类": "", "服务对象": "",
	"信息分类": "", "分类": "", "内容分类": "", "公开方式": "", "公开范围": "", "公开属性": "", "公开类型": "", "公开形式": "",
	"公开程序": "", "公开责任部门": "", "责任部门": "", "信息来源": "", "来源": "", "关键词": "", "关键字": "", "内容概述": "",
	"统一编号": "", "统一登记号": "", "文件登记号": "", "登记号": "", "发布时间": "",
	"信息名称": "标题", "文件名称": "标题", "标题": "标题", "名称": "标题",
	"文号": "文号", "发文字号": "文号", "文件编号": "文号",
	"发文机关": "发文机关", "发布机关": "发文机关", "发布机构": "发文机关", "制定机关": "发文机关", "发文单位": "发文机关", "发布单位": "发文机关",
	"发文日期": "成文日期", "成文日期": "成文日期", "生成日期": "成文日期", "印发日期": "成文日期", "发布日期": "发布日期", "公布日期": "发布日期",
	"施行日期": "施行日期", "实施日期": "施行日期", "生效日期": "施行日期", "生效时间": "施行日期",
	"废止日期": "失效日期", "失效日期": "失效日期", "失效时间": "失效日期", "废止时间": "失效日期",
	"有效性": "有效性", "时效性": "有效性", "效力状态": "有效性", "是否有效": "有效性", "文件状态": "有效性",
}

// cardWide is how long a card's row may be, in characters.
const cardWide = 300

// card reads a row of a card: names and their values by turns, where a value may be
// missing. It is none if a cell is neither. sure: a name that only cards have has a
// value as it should be; 名称 alone may head any table.
func card(text string) (said front, sure, ok bool) {
	if count(text) > cardWide || !strings.Contains(text, " | ") {
		return nil, false, false
	}
	said = front{}
	name := ""
	for cell := range strings.SplitSeq(text, " | ") {
		first, value, _ := strings.Cut(strings.Replace(cell, "：", ":", 1), ":")
		first = strings.Join(strings.Fields(first), "")
		value = strings.TrimSpace(value)
		if _, known := cardKeys[first]; known {
			if name = first; value == "" {
				continue
			}
		} else if value = strings.TrimSpace(cell); name == "" {
			return nil, false, false
		}
		if !none(value) {
			if !cardValue(cardKeys[name], name, value) {
				return nil, false, false
			}
			sure = sure || !cardWeak[cardKeys[name]] && !cardWeak[name]
			said.learn(cardKeys[name], value)
		}
		name, ok = "", true
	}
	return said, sure, ok
}

// cardWeak are the names that head other tables too.
var cardWeak = map[string]bool{
	"标题": true, "来源": true, "分类": true, "关键词": true, "关键字": true, "内容概述": true, "内容分类": true, "服务对象": true, "责任部门": true, "登记号": true, "文种": true,
}

// cardValue reports whether a value is what its name promises.
func cardValue(is, name, value string) bool {
	switch {
	case is == "发文机关":
		return orgRE.MatchString(value)
	case is == "有效性":
		return count(value) <= 8
	case is == "文号", strings.HasSuffix(is, "日期"), name == "索引号", name == "发布时间":
		return strings.ContainsAny(value, "0123456789")
	}
	return true
}

// none reports a value that says that there is none.
func none(value string) bool { return strings.Trim(value, "无-—－/ 〔〕[]号") == "" }

// learn keeps the first value of a name.
func (f front) learn(name, value string) {
	if _, had := f[name]; !had && name != "" {
		f[name] = value
	}
}
