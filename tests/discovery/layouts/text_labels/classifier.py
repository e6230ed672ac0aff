"""Routes support mails."""

import os

import joblib
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import Pipeline

HERE = os.path.dirname(__file__)
DATA = os.path.join(HERE, "data", "mails.csv")


def get_pipeline():
    return Pipeline([("tfidf", TfidfVectorizer(min_df=2)), ("svm", SGDClassifier(loss="log_loss", random_state=3))])


def run():
    df = pd.read_csv(DATA)
    texts = df["text"]
    labels = df["label"]
    pipeline = get_pipeline()
    pipeline.fit(texts, labels)
    joblib.dump(pipeline, os.path.join(HERE, "mails.joblib"))


if __name__ == "__main__":
    run()
