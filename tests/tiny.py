"""A tiny corpus, codebook and lexicon, composed for the tests."""

from __future__ import annotations

SENTENCES = {
    "园区简报": (
        ("talent", "全区引进高层次人才十二名。"),
        ("talent", "为新引进人才提供安家补贴。"),
        ("talent", "建设人才公寓三百套。"),
        ("finance", "银行向企业发放贷款五亿元。"),
        ("finance", "设立产业引导基金。"),
        ("environment", "企业开办一日办结。"),
        ("environment", "审批事项一窗受理。"),
        ("ecology", "关停散乱污企业九家。"),
    ),
    "工作报告": (
        ("ecology", "空气质量优良天数达到三百天。"),
        ("ecology", "完成黑臭水体治理。"),
        ("ecology", "植树造林两万亩。"),
        ("finance", "新增贷款同比增长一成。"),
        ("finance", "两家企业在创业板上市融资。"),
        ("environment", "推行不见面审批。"),
        ("environment", "清理涉企收费。"),
        ("talent", "开展职业技能培训，培养高技能人才。"),
    ),
    "实施方案": (
        ("environment", "优化营商环境。"),
        ("environment", "精简审批材料，压缩审批时限。"),
        ("environment", "推行证照分离改革。"),
        ("talent", "加大人才引进力度。"),
        ("talent", "落实人才子女入学政策。"),
        ("finance", "鼓励银行扩大信贷投放。"),
        ("ecology", "严格污染排放标准。"),
    ),
    "座谈会": (
        ("finance", "缓解企业融资难融资贵。"),
        ("finance", "推动银企对接，扩大贷款规模。"),
        ("talent", "企业反映招聘技术人才困难。"),
        ("talent", "建立校企人才培养基地。"),
        ("environment", "企业希望减少审批环节。"),
        ("ecology", "加强大气污染防治。"),
        ("ecology", "推进污水处理厂提标改造。"),
    ),
    "若干措施": (
        ("talent", "对高层次人才给予奖励。"),
        ("talent", "支持博士后工作站建设，引进博士人才。"),
        ("finance", "对企业贷款给予贴息。"),
        ("finance", "建立融资担保体系。"),
        ("finance", "发展普惠金融。"),
        ("environment", "实行审批告知承诺制。"),
        ("ecology", "推广清洁能源，减少煤炭污染。"),
    ),
    "年度要点": (
        ("ecology", "打好污染防治攻坚战。"),
        ("ecology", "实施河长制，改善水环境质量。"),
        ("environment", "营造公平竞争的市场环境。"),
        ("environment", "完善政务服务大厅一窗受理。"),
        ("talent", "评选青年拔尖人才。"),
        ("talent", "举办高校毕业生人才招聘会。"),
        ("finance", "防范化解金融风险。"),
        ("finance", "扩大政府性融资担保。"),
    ),
    "新闻": (
        ("environment", "记者在政务服务大厅看到，审批窗口有序办理。"),
        ("environment", "企业负责人称赞营商环境越来越好。"),
        ("ecology", "湖面水质清澈，生态修复见成效。"),
        ("ecology", "造林绿化面积逐年增加。"),
        ("finance", "农商银行推出普惠贷款产品。"),
        ("talent", "海归人才在园区创业。"),
        ("talent", "人才政策吸引博士落户。"),
    ),
    "通知": (
        ("finance", "各银行要加大信贷支持。"),
        ("finance", "规范私募基金备案。"),
        ("ecology", "开展排污许可专项检查。"),
        ("ecology", "禁止秸秆焚烧，减轻大气污染。"),
        ("environment", "取消各类审批证明事项。"),
        ("environment", "公布政务服务事项清单。"),
        ("talent", "申报年度人才计划。"),
        ("talent", "发放人才安家补贴。"),
    ),
}
"""Sixty sentences in eight documents: label and text."""

CODEBOOK = """
name = "tiny"
version = "1.0"
title = { zh = "示例", en = "An example" }
[[groups]]
id = "all"
zh = "全部"
en = "All"
[[labels]]
id = "talent"
zh = "人才"
en = "Talent"
group = "all"
takes = { zh = "引才、育才", en = "Attracting and training talent" }
[[labels]]
id = "finance"
zh = "金融"
en = "Finance"
group = "all"
takes = { zh = "信贷、基金", en = "Credit and funds" }
[[labels]]
id = "environment"
zh = "营商环境"
en = "Business environment"
group = "all"
takes = { zh = "审批、服务", en = "Permits and services" }
[[labels]]
id = "ecology"
zh = "生态"
en = "Ecology"
group = "all"
takes = { zh = "污染防治", en = "Pollution control" }
[[rules]]
number = 1
labels = ["finance", "talent"]
zh = "给人才的贷款是金融。"
en = "A loan for talent is finance."
"""

TERMS = (
    ("talent", "人才", 3),
    ("talent", "博士", 2),
    ("finance", "贷款", 3),
    ("finance", "融资", 3),
    ("finance", "基金", 2),
    ("environment", "审批", 3),
    ("environment", "营商环境", 3),
    ("ecology", "污染", 3),
    ("ecology", "绿化", 2),
)
