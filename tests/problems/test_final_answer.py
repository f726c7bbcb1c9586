"""Final answers are found in every way in which texts state them, and nowhere else."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_core.problems.checking.final_answer import awaited, ends_solution, final_answer, find, find_answer
from rlm_core.problems.steps import with_answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("so \\boxed{\\frac{\\sqrt{3}}{2}}", "\\frac{\\sqrt{3}}{2}"),
        ("\\boxed{x^{\\frac{1}{2}}}", "x^{\\frac{1}{2}}"),
        ("first \\boxed{2}, then \\boxed{\\frac{\\sqrt{3}}{2}}", "\\frac{\\sqrt{3}}{2}"),
        ("\\boxed 42", "42"),
        ("\\fbox{42}", "42"),
        ("Step 1 - The answer is 18", "18"),
        ("The final answer is 24.", "24"),
        ("**Final Answer:**\n\n24", "24"),
        ("### Answer\n24", "24"),
        ("Answer:\n\n- 24", "24"),
        ("🎉 **Answer: 24** ✓", "24"),
        ("Answer: 24<|im_end|>", "24"),
        ("The answer is 24.</s>", "24"),
        ("<final_answer>24</final_answer>", "24"),
        ("The correct option is (B).", "(B)"),
        ("The answer is option C.", "C"),
        ("So 24 is the answer.", "24"),
        ("Hence $x=5$ is our final answer.", "x=5"),
        ("24 is not the answer.", None),
        ("The answer is no more than 5.", None),
        ("The answer is 24 rather than 25", "24"),
        ("故选：B", "B"),
        ("【答案】24", "24"),
        ("答えは、24です。", "24"),
        ("$\\boxed{5}$ is not the answer", None),
        ("\\boxed{4}. And \\boxed{5} is wrong.", "4"),
        ("Maybe the answer is 5.", None),
        ("Without a doubt the answer is 24.", "24"),
        ("The answer is never 5.", None),
        ("The answer is 5? No.", None),
        ("The answer is 5... no, that is wrong.", None),
        ("The answer is an integer.", None),
        ("The answer is the sum of 3 and 4.", None),
        ("The answer is in the form $a+b$.", None),
        ("The answer is larger than 5, so we go on.", None),
        ("The answer to the first question is 5.", None),
        ("The answer to part (a) is 5.", None),
        ("La respuesta correcta es 24", "24"),
        ("Правильный ответ: 24", "24"),
        ("Die Antwort ist nicht 24.", None),
        ("答えは24ではない", None),
        ("정답은 24입니다.", "24"),
        ("คำตอบคือ 24", "24"),
        ("الإجابة هي 24", "24"),
        ("<answer>\n24\n</answer>", "24"),
        ("Answer：24", "24"),
        ("Final Answer: The final answer is $24$. I hope it is correct.", "24"),
        ("<answer> 42 </answer> Hope this helps!", "42"),
        ("Therefore, the answer is (C).", "(C)"),
        ("#### Step 1: Multiply", None),
        ("#### 1. Find the cost", None),
        ("Let me check the answer: 5 is too small", None),
        ("#### 42", "42"),
        ("The answer is not 5.", None),
        ("Answer: 3 or 450", "3 or 450"),
        ("The answer is 24 because 4*6=24.", "24"),
        ("The answer is 18 apples.", "18 apples"),
        ("So the final answer is **42**.", "42"),
        ("Answer: **42**", "42"),
        ("**Answer:** 4.", "4"),
        ("**Final Answer**: 42", "42"),
        ("####42", "42"),
        ("\\( \\boxed{42} \\)", "42"),
        ("\\[\n\\boxed{42}\n\\]", "42"),
        ("Answer: 42\r\n", "42"),
        ("Answer: 24\nThat is all.", "24"),
        ("答案：24", "24"),
        ("答案是24。", "24"),
        ("最终答案为 $\\frac{1}{2}$。", "\\frac{1}{2}"),
        ("答え：24", "24"),
        ("答えは24です。", "24"),
        ("Antwort: 24", "24"),
        ("Die Antwort ist 24.", "24"),
        ("Réponse : 24", "24"),
        ("La réponse est 24.", "24"),
        ("Respuesta: 24", "24"),
        ("Ответ: 24", "24"),
        ("Ответ：24", "24"),
        ("정답: 24", "24"),
        ("<answer>46", "46"),
        ("x<answer>The answer is \\boxed{5}</answer>", "5"),
        ("<answer>\n1 2\n3 4\n</answer>", "1 2\n3 4"),
        ("<answer> tags", None),
        ("I put it in <answer></answer> tags: <answer>5</answer>", "5"),
        ("**Final Answer**\nThe final answer is $\\boxed{24}$", "24"),
        ("The answer is: 12.", "12"),
        ("#### 1,200", "1,200"),
        ("#### 18 apples", "18 apples"),
        ("#### $5.50", "5.50"),
        ("#### Conclusion", None),
        ("#### Paris", "Paris"),
        ("#### Solution:", None),
        ("#### Answer: 24", "24"),
        ("#### Final Answer\n24", "24"),
        ("#### 2. Multiply", None),
        ("#### Verification", None),
        ("#### x^2+1", "x^2+1"),
        ("#### $\\frac{1}{2}$", "\\frac{1}{2}"),
        ("#### 1) Setup", None),
        ("#### Step 2", None),
        ("#### 3 or 450", "3 or 450"),
        ("##### 5", None),
        ("### 5", None),
        ("If the answer is 5, then we are done.", None),
        ("The answer is not 5 but near.", None),
        ("The answer isn't 5.", None),
        ("the answer is near", None),
        ("Answer:", None),
        ("The answer is correct.", None),
        ("The answer is a prime number.", None),
        ("Is the answer 5?", None),
        ("Maybe the answer is 5?", None),
        ("The answer is Paris.", "Paris"),
        ("The answer is yes.", "yes"),
        ("The answer is an ellipse.", "an ellipse"),
        ("the answer is three apples", "three apples"),
        ("\\boxed{1} or \\boxed{2}", "1 or 2"),
        ("$x=\\boxed{1}$ and $x=\\boxed{2}$", "1, 2"),
        ("\\boxed{}", None),
        ("\\boxed{5", None),
        ("\\fbox 42.", "42"),
        ("$\\boxed 7$", "7"),
        ("\\boxed{\\boxed{5}}", "5"),
        ("\\boxed{\\{1,2\\}}", "\\{1,2\\}"),
        ("We get \\boxed{5}. Wait, the answer is 6.", "6"),
        ("Final answer: 42 \\boxed{42}", "42"),
        ("This gives the final answer: 42", "42"),
        ("Step 3: Answer: 5", "5"),
        ("1. Answer: 5", "5"),
        ("So, the answer: 24", "24"),
        ("Check the final answer: 5 is too small", None),
        ("The answer is $24$ and this completes the proof.", "24"),
        ("The answer is 24 (since 4*6=24).", "24"),
        ("The answer is 24, which is even.", "24"),
        ("The answer is 5, not 6.", "5"),
        ("The answer is 3.14.", "3.14"),
        ("The answer is $x = 5$.", "x = 5"),
        ("The answers are 3 and 4.", "3 and 4"),
        ("Therefore, the answer to the question is 42 dollars.", "42 dollars"),
        ("The correct answer is (B) Paris.", "(B) Paris"),
        ("The correct answer is B.", "B"),
        ("Answer: not enough information", "not enough information"),
        ("Answer: $42.50", "42.50"),
        ("Final Answer:\n\\[\n24\n\\]", "24"),
        ("The final answer is:\n\n$$\nx+1\n$$", "x+1"),
        ("Answer\n\n24", "24"),
        ("Answer: A", "A"),
        ("Ans: 24", "24"),
        ("Answer = 24", "24"),
        ("The answer should be 24.", "24"),
        ("answer: 3/4", "3/4"),
        ("Let me think about the answer.", None),
        ("My answer is 5.", "5"),
        ("The answer key: 5", None),
        ("**Answer**: $\\dfrac{3}{4}$", "\\dfrac{3}{4}"),
        ("Answer: 4 - 3 = 1", "4 - 3 = 1"),
        ("Answer: 50 - 4", "50 - 4"),
        ("Answer: -5", "-5"),
        ("Answer: (25*2)-4", "(25*2)-4"),
        ("The answer is (25 * 2) - 4 = 46", "(25 * 2) - 4 = 46"),
        ("*Answer:* 24", "24"),
        ("> **Answer:** 24", "24"),
        ("Answer: `24`", "24"),
        ('Answer: "24"', '"24"'),
        ("Answer: 24.5%", "24.5%"),
        ("The answer is $18.", "18"),
        ("$\\boxed{x=5}$", "x=5"),
        ("so \\boxed{\\text{Evelyn}}", "\\text{Evelyn}"),
        ("The answer is 7 p.m.", "7 p.m"),
        ("The answer is 12:30 p.m. Then we go.", "12:30 p.m"),
        ("**The answer is 24**", "24"),
        ("**The final answer is: 24.**", "24"),
        ("The answer is\n24", "24"),
        ("Answer: ...", None),
        ("Answer: ∞", "∞"),
        ("The answer is √3.", "√3"),
        ("The answer is x.", "x"),
        ("The answer is $5$ or $6$.", "$5$ or $6$"),
        ("The answer is 24! Great.", "24"),
        ("Answer: 5!", "5!"),
        ("My answer: 5", "5"),
        ("Here is the answer: 5", "5"),
        ("Question: What is the answer to 3+4?", None),
        ("I'm confident that the answer is 24.", "24"),
        ("We check that the answer is 5", None),
        ("answer:24 apples and 5 pears", "24 apples and 5 pears"),
        ("a line\nAnswer: 3\nthat is all", "3"),
        ("**Final Answer:**\n\\[\n24\n\\]", "24"),
        ("$$\n\\boxed{\n\\begin{pmatrix} 1 \\\\\n 2 \\end{pmatrix}\n}\n$$", "\\begin{pmatrix} 1 \\\\\n 2 \\end{pmatrix}"),
        ("so it is 46", None),
    ],
)
def test_an_answer_is_found_only_where_one_is_stated(text, answer):
    assert find_answer(text) == answer


formulas = st.recursive(
    st.sampled_from(["x", "42", r"\{", r"\}", r"\pi", " "]),
    lambda inner: st.one_of(
        inner.map(lambda s: rf"\sqrt{{{s}}}"),
        st.tuples(inner, inner).map(lambda p: rf"\frac{{{p[0]}}}{{{p[1]}}}"),
        st.tuples(inner, inner).map("+".join),
    ),
    max_leaves=12,
).filter(str.strip)


@given(formulas, st.sampled_from([r"\boxed", r"\fbox"]), st.sampled_from(["", " so", "$", "\n", "."]))
def test_a_box_is_read_whole_however_deep_its_braces(formula, box, after):
    assert find_answer(f"so ${box}{{{formula}}}{after}") == formula.strip()


@pytest.mark.parametrize(
    "text", ["So far 3*4=12.\n**Answer:** 12\nThat is all.", "We get \\boxed{12}.", "<answer>12</answer> Bye.", "#### 12"]
)
def test_it_says_where_the_answer_stands(text):
    found = find(text)
    assert found is not None
    assert text[found.start : found.end].strip().strip(".").endswith(("12", "}", "</answer>"))
    assert find_answer(text[: found.start]) is None


def test_only_the_end_of_a_solution_can_state_its_answer():
    assert final_answer(["Answer: 3", "3+4=7"]) is None
    assert final_answer(["3+4=7", "Answer: 7"]) == "7"
    assert final_answer([]) is None


@pytest.mark.parametrize(
    "steps",
    [
        ["3+4=7", "**Final Answer:**", "", "7"],
        ["3+4=7", "### Answer", "7"],
        ["<answer>", "7", "</answer>"],
        ["\\[", "\\boxed{7}", "\\]"],
        ["The final answer is:", "$$", "7", "$$"],
    ],
)
def test_an_answer_announced_in_one_step_may_stand_in_the_next(steps):
    assert final_answer(steps) == "7"


@given(st.lists(st.text("0123456789+-*/= ", max_size=12), min_size=1, max_size=4), st.text("0123456789", min_size=1, max_size=6))
def test_a_marked_answer_is_found_again(steps, answer):
    assert final_answer(with_answer(steps, answer)) == answer


@pytest.mark.parametrize(
    "text",
    [
        "**Final Answer:**",
        "### Answer",
        "Answer",
        "<answer>",
        "So the final answer is:",
        "答案：",
        "Answer:\n\\[",
        "\\boxed{\n1",
        "#### Final Answer",
    ],
)
def test_a_line_that_only_announces_waits_for_its_answer(text):
    assert awaited(text)
    assert awaited(text + "\n")
    assert not ends_solution(text + "\n")


@pytest.mark.parametrize(
    "text",
    [
        "Answer: 4",
        "#### Step 1",
        "### Step 2: Answer the question",
        "3*4=12",
        "",
        "We now look for the answer",
        "Answer:\n4",
        "the answer is 4",
    ],
)
def test_other_lines_wait_for_nothing(text):
    assert not awaited(text)


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text):
    found = find(text)
    assert found is None or (found.text.strip() and 0 <= found.start < found.end <= len(text))
    assert awaited(text) in (True, False)
    assert ends_solution(text) in (True, False)


@pytest.mark.parametrize(
    "text",
    [
        "answer is " * 200_000,
        "\\boxed{" * 100_000,
        "<answer>" * 100_000,
        "####" * 100_000,
        "{" * 300,
        "\0\ud800" * 1000,
        "answer to " * 3000,
        "a. " * 700_000,
    ],
    ids=lambda t: t[:9],
)
def test_hostile_texts_are_read_in_bounded_time(text):
    began = time.process_time()
    find_answer(text)
    assert time.process_time() - began < 20  # a fraction of a second alone; without limits it was a minute


@pytest.mark.parametrize(
    "line",
    [
        "I think the answer is 5, but let me check.",
        "The answer is 5. Let me verify that.",
        "Answer: 5, let's double-check",
    ],
)
def test_an_answer_that_is_still_to_be_checked_is_read_but_does_not_end_the_solution(line):
    assert find_answer(line) is not None
    assert not ends_solution(f"3+4=7\n{line}\n")
